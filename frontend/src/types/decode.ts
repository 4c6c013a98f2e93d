/** Small checks for JSON that comes from the server. Each throws `DecodeError`, which names the key. */

export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

export type JSONObject = { readonly [key: string]: unknown };

export function asObject(value: unknown, what: string): JSONObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DecodeError(`${what} is not an object`);
  }
  return value as JSONObject;
}

export function asArray<Item>(value: unknown, what: string, item: (value: unknown) => Item): Item[] {
  if (!Array.isArray(value)) throw new DecodeError(`${what} is not a list`);
  return value.map((entry: unknown) => item(entry));
}

export function stringAt(object: JSONObject, key: string): string {
  const value = object[key];
  if (typeof value !== "string") throw new DecodeError(`${key} is not a string`);
  return value;
}

export function numberAt(object: JSONObject, key: string): number {
  const value = object[key];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new DecodeError(`${key} is not a number`);
  return value;
}

export function booleanAt(object: JSONObject, key: string): boolean {
  const value = object[key];
  if (typeof value !== "boolean") throw new DecodeError(`${key} is not true or false`);
  return value;
}

/** The value that `read` finds at a key, or null when the key is absent or null. */
export function optional<Value>(
  object: JSONObject,
  key: string,
  read: (object: JSONObject, key: string) => Value,
): Value | null {
  const value = object[key];
  return value === undefined || value === null ? null : read(object, key);
}

/** One of a closed set of words. */
export function oneOf<Word extends string>(words: readonly Word[]) {
  return (object: JSONObject, key: string): Word => {
    const value = stringAt(object, key);
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new DecodeError(`${key} is "${value}", not one of ${words.join(", ")}`);
    return word;
  };
}
