// Types that are not packaged where Rill is built; only what the page and its tests use.

declare module "katex" {
  interface KatexOptions {
    displayMode?: boolean;
    output?: "html" | "mathml" | "htmlAndMathml";
    throwOnError?: boolean;
    trust?: boolean;
    strict?: boolean | "ignore" | "warn" | "error";
    maxSize?: number;
    maxExpand?: number;
  }
  export function renderToString(tex: string, options?: KatexOptions): string;
  export function render(tex: string, element: HTMLElement, options?: KatexOptions): void;
  const katex: { renderToString: typeof renderToString; render: typeof render };
  export default katex;
}

declare module "react-dom/test-utils" {
  export function act(callback: () => Promise<unknown>): Promise<void>;
  export function act(callback: () => void): void;
}

declare module "prismjs/components/*";

declare module "*.css";

declare module "node:test" {
  export interface TestContext {
    name: string;
    diagnostic(message: string): void;
    mock: {
      method(object: object, name: string, implementation?: unknown): void;
      timers: {
        enable(options: { apis: ("setInterval" | "setTimeout" | "Date")[] }): void;
        tick(milliseconds: number): void;
        reset(): void;
      };
    };
  }
  type TestBody = (context: TestContext) => void | Promise<void>;
  interface TestFunction {
    (name: string, body: TestBody): Promise<void>;
    (name: string, options: { skip?: boolean | string; timeout?: number }, body: TestBody): Promise<void>;
  }
  export const test: TestFunction;
  export const it: TestFunction;
  export function describe(name: string, body: () => void): void;
  export function before(body: () => void | Promise<void>): void;
  export function after(body: () => void | Promise<void>): void;
  export function beforeEach(body: () => void | Promise<void>): void;
  export function afterEach(body: () => void | Promise<void>): void;
  export default test;
}

declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    ok(value: unknown, message?: string): asserts value;
    equal<Expected>(actual: unknown, expected: Expected, message?: string): asserts actual is Expected;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    notDeepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(value: string, pattern: RegExp, message?: string): void;
    doesNotMatch(value: string, pattern: RegExp, message?: string): void;
    throws(body: () => unknown, expected?: RegExp | ((error: unknown) => boolean), message?: string): void;
    rejects(body: Promise<unknown> | (() => Promise<unknown>), expected?: RegExp): Promise<void>;
    fail(message?: string): never;
  }
  const assert: Assert;
  export default assert;
}

declare module "node:fs" {
  export function readFileSync(path: string): Uint8Array;
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function readdirSync(path: string): string[];
  export function existsSync(path: string): boolean;
  export function mkdtempSync(prefix: string): string;
  export function mkdirSync(path: string, options?: { recursive?: boolean }): void;
  export function writeFileSync(path: string, data: string | Uint8Array): void;
  export function rmSync(path: string, options?: { recursive?: boolean; force?: boolean }): void;
}

declare module "node:path" {
  export function join(...parts: string[]): string;
}

declare module "node:os" {
  export function tmpdir(): string;
}

declare const process: {
  versions: { node: string };
  env: Record<string, string | undefined>;
  cwd(): string;
  memoryUsage(): { heapUsed: number };
};

declare function setImmediate(callback: () => void): unknown;

// The build scripts are plain JavaScript; their tests check what they do.
declare module "*.mjs";

declare const Buffer: {
  from(value: string | Uint8Array): Uint8Array & { equals(other: Uint8Array): boolean };
};

declare module "node:crypto" {
  export const webcrypto: Crypto;
}
