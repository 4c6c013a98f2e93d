// Prism looks for these settings before it starts; without them it would rewrite the page's code elements by itself.
const settings = { manual: true, disableWorkerMessageHandler: true };
Object.assign(globalThis, { Prism: settings });

/** Importing this module is what matters; the value says that it ran. */
export const isManual = settings.manual;
