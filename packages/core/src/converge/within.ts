import { setMaxListeners } from "node:events";
import { MachinistError } from "../error.ts";

/**
 * Give a call its deadline: its signal is aborted when the time is over, or when `cancel` is; a call that does not
 * listen is given up all the same. Throws `resource.timeout`.
 */
export async function within<T>(
  ms: number,
  cancel: AbortSignal,
  id: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const stop = () => end.abort(cancel.reason);
  cancel.addEventListener("abort", stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new MachinistError("resource.timeout", `${id} did not answer within ${ms / 1000} s`, {
        hint: "Run the same command again: it goes on where it stopped",
      });
      end.abort(error);
      reject(error);
    }, ms);
    timer.unref();
  });
  try {
    return await Promise.race([work(end.signal), late]);
  } finally {
    clearTimeout(timer);
    cancel.removeEventListener("abort", stop);
  }
}
