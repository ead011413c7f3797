/** What a container uses now. */
export interface Usage {
  /** Percent of one core; known from the second look on. */
  readonly cpu?: number;
  readonly memoryBytes: number;
}

/** The answer to `/containers/ID/stats`, as far as it is needed. */
export interface Stats {
  readonly read?: string;
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: { readonly [name: string]: number } };
}

export interface Sample {
  readonly at: number;
  readonly cpuNs: number;
}

/** When, and how much time of a core was used until then. */
export const sampleOf = ({ read, cpu_stats }: Stats): Sample => ({
  at: Date.parse(read ?? ""),
  cpuNs: cpu_stats?.cpu_usage?.total_usage ?? 0,
});

/** Two looks make a share; what the kernel only keeps because nobody needs the memory is not used. */
export function usageOf(stats: Stats, before: Sample | undefined): Usage {
  const { usage = 0, stats: parts = {} } = stats.memory_stats ?? {};
  const memoryBytes = Math.max(0, usage - (parts.inactive_file ?? parts.total_inactive_file ?? 0));
  const now = sampleOf(stats);
  const ms = before === undefined ? 0 : now.at - before.at;
  if (before === undefined || !(ms > 0) || now.cpuNs < before.cpuNs) return { memoryBytes };
  return { memoryBytes, cpu: ((now.cpuNs - before.cpuNs) / 1e6 / ms) * 100 };
}
