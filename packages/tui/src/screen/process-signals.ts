/** What the operating system tells the dashboard's process. Who stops listening calls the answer. */
export interface SignalListeners {
  /** The process is to stop for a while (Ctrl-Z, `kill -TSTP`): give the terminal back. */
  readonly onStop: () => void;
  /** It goes on (`fg`). */
  readonly onGoOn: () => void;
  /** It ends, whatever for: give the terminal back, without waiting for anything. */
  readonly onExit: () => void;
}

export function listenToSignals({ onStop, onGoOn, onExit }: SignalListeners): () => void {
  const stopped = () => {
    onStop();
    // The signal's own effect, which listening to it has taken away.
    process.kill(process.pid, "SIGSTOP");
  };
  process.on("SIGTSTP", stopped);
  process.on("SIGCONT", onGoOn);
  process.on("exit", onExit);
  return () => {
    process.off("SIGTSTP", stopped);
    process.off("SIGCONT", onGoOn);
    process.off("exit", onExit);
  };
}

/** As Ctrl-Z does it: everything that runs in front of this terminal stops, npx around us too. */
export const suspendGroup = (): void => {
  process.kill(0, "SIGTSTP");
};
