// Runs before the page's own scripts and notes what a person could have seen: every text of the stage line, every
// state of the last answer, when they clicked, and what the content security policy has refused.
(() => {
  const recorded = { stages: [], answers: [], clicks: [], violations: [] };
  const now = () => performance.timeOrigin + performance.now();
  window.__recorded = recorded;
  document.addEventListener("securitypolicyviolation", (event) => {
    recorded.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
  document.addEventListener("click", () => recorded.clicks.push(now()), { capture: true });
  const last = (list) => list[list.length - 1];
  const look = () => {
    const at = now();
    const stage = document.querySelector('[data-testid="stage"]');
    const text = stage ? stage.textContent : null;
    if (text !== (last(recorded.stages)?.text ?? null)) recorded.stages.push({ text, at });
    const answer = last([...document.querySelectorAll('[data-testid="answer"]')]);
    if (!answer) return;
    const shown = answer.querySelector(".markdown")?.textContent ?? "";
    if (shown !== last(recorded.answers)?.text) recorded.answers.push({ text: shown, at });
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
})();
