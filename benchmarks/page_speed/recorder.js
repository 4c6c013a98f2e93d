// Runs before the page does. It notes when what is named in `__watched` can be seen, in milliseconds since the navigation or, where a
// click began it, since the click, and, once asked to, every frame.
(() => {
  const noted = { tasks: [], paints: {}, marks: {} };
  const observe = (type, take) => {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  };
  observe("longtask", ({ startTime, duration }) => noted.tasks.push({ startTime, duration }));
  observe("paint", ({ name, startTime }) => (noted.paints[name] = startTime));
  document.addEventListener("click", () => (noted.marks.click ??= performance.now()), true);

  /** Notes the frame after the one in which something is there: then it is drawn, and the page answers again. */
  const watch = (name, isThere) => {
    if (!window.__watched.includes(name)) return;
    const look = () => {
      if (!isThere()) requestAnimationFrame(look);
      else requestAnimationFrame(() => (noted.marks[name] = performance.now()));
    };
    requestAnimationFrame(look);
  };
  watch("composer", () => document.querySelector("textarea:not(:disabled)"));
  watch("conversation", () => {
    const answers = document.getElementsByClassName("answer");
    const last = answers[answers.length - 1]?.querySelector(".markdown:not(.plain)");
    if (!last?.textContent.includes("This is the last answer.")) return false;
    const { bottom } = last.getBoundingClientRect();
    return bottom > 0 && bottom < window.innerHeight;
  });
  watch("everything", () => {
    const [questions, answers] = ["question", "answer"].map((name) => document.getElementsByClassName(name).length);
    return questions + answers >= window.__wanted;
  });

  /** Intervals between frames, and how long each kept the page's thread from its start until it was drawn. */
  const frames = (seconds) => {
    const taken = { at: [], work: [] };
    let isOver = false;
    let begun = 0;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => taken.work.push(performance.now() - begun);
    const onFrame = (at) => {
      if (isOver) return;
      begun = performance.now();
      taken.at.push(at);
      channel.port2.postMessage(null);
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
    if (seconds) setTimeout(() => (isOver = true), seconds * 1000);
    return { taken, end: () => ((isOver = true), taken) };
  };
  window.__rill = { noted, frames };
})();
