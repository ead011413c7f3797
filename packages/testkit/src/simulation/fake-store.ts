import type { ScopeRecord, Store } from "@machinist/core";
import type { CrashSwitch } from "./fake-cloud.ts";

/** A disk that outlives the processes that write to it. */
export class FakeDisk {
  readonly files = new Map<string, string>();

  /** The store as one process sees it; a write happens whole or not at all. */
  store(process: CrashSwitch): Store {
    return {
      list: async () => [...this.files.keys()].sort(),
      load: async (scope) => {
        const text = this.files.get(scope);
        return text === undefined ? undefined : (JSON.parse(text) as ScopeRecord);
      },
      save: async (record) => {
        const text = JSON.stringify(record);
        process.step();
        await undefined;
        process.step();
        this.files.set(record.scope, text);
        process.step();
      },
      remove: async (scope) => {
        process.step();
        this.files.delete(scope);
        process.step();
      },
      lock: async () => ({ release: async () => {} }),
    };
  }
}
