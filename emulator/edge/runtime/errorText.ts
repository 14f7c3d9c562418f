/** Frames and text of an error, from code of any realm. */
export interface ErrorText {
  /** `file:function:line:col` of the user's code, innermost first. */
  readonly frames: readonly string[];
  readonly type: string;
  readonly message: string;
}

const FRAME = /^\s*at (?:(?:async )?(.*?) \()?([^()\s]+?):(\d+):(\d+)\)?$/;

/** The place of each frame of a stack that is in the user's files. */
export function framesOf(stack: string): { file: string; fn: string; line: number; column: number }[] {
  return stack.split("\n").flatMap((text) => {
    const [, fn = "", file = "", line = "", column = ""] = FRAME.exec(text) ?? [];
    if (file === "" || file.startsWith("built-in:") || file.startsWith("node:") || file.startsWith("/"))
      return [];
    if (file.startsWith("file:") || /^[A-Za-z]:[\\/]/.test(file)) return [];
    return [{ file, fn, line: Number(line), column: Number(column) }];
  });
}

export function errorText(error: unknown): ErrorText {
  const isObject = typeof error === "object" && error !== null;
  const { stack, message, name } = (isObject ? error : {}) as Record<string, unknown>;
  const frames = typeof stack === "string" ? framesOf(stack) : [];
  return {
    frames: frames.map(({ file, fn, line, column }) => `${file}:${fn}:${line}:${column}`),
    type: typeof name === "string" ? name : isObject ? "Object" : typeof error,
    message: typeof message === "string" ? message : described(error),
  };
}

function described(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an object without text";
  }
}

/** As a line for a person, and for `status_msg`, where spaces become `+`. */
export const messageOf = ({ frames, type, message }: ErrorText): string =>
  `${frames.length === 0 ? "" : `${frames.slice(0, 3).join(",")} `}${type}: ${message}`;
