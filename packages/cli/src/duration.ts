/** A span in ms as people say it: 80 ms, 4.2 s, 75 s, 12 min 5 s, 2 h 3 min, 3 d 4 h. */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 100) return `${Math.round(span)} ms`;
  if (span < 9_950) return `${(span / 1000).toFixed(1)} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A span in ms for a column that is redrawn: always one decimal below a minute, so that it does not jump. */
export function stopwatch(ms: number): string {
  const span = Math.max(0, ms);
  if (span < 59_950) return `${(span / 1000).toFixed(1)}s`;
  const seconds = Math.floor(span / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}m${String(seconds % 60).padStart(2, "0")}s`
    : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}
