import { UnreachableError } from "../api/errors";
import type { SendForm } from "./documentsAPI";

/** Milliseconds without any progress after which an upload counts as lost. */
const STALLED = 60_000;

/** Sends a form by XMLHttpRequest: the only way in which a browser tells how much of it is sent. */
export const sendForm: SendForm = (path, form, { headers, onProgress, signal }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const watch = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => request.abort(), STALLED);
    };
    const lost = (): void => {
      if (signal.aborted) reject(new DOMException("aborted", "AbortError"));
      else reject(new UnreachableError("The connection was lost while the file was being sent."));
    };
    const abort = (): void => request.abort();
    request.open("POST", path);
    request.responseType = "text";
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded }) => {
      watch();
      onProgress(loaded);
    });
    request.addEventListener("load", () => {
      const type = request.getResponseHeader("content-type") ?? "text/plain";
      const after = request.getResponseHeader("retry-after");
      const answerHeaders = { "content-type": type, ...(after === null ? {} : { "retry-after": after }) };
      resolve(new Response(request.responseText, { status: request.status, headers: answerHeaders }));
    });
    request.addEventListener("error", lost);
    request.addEventListener("abort", lost);
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
    if (signal.aborted) {
      lost();
      return;
    }
    signal.addEventListener("abort", abort);
    watch();
    request.send(form);
  });
