/** The exit code of a script that another came after: that one does what is to be done. */
export const SUPERSEDED = 75;

/**
 * For the beginning of a script that changes a host: one at a time, and of those that wait only the one that came last. A
 * machinist that was killed leaves its script behind; a few of them in a row would each restart Docker, one after the other,
 * with what was wanted long ago. `place`: two files there, `.lock` and `.turn`.
 */
export const turnScript = (place = "/run/machinist"): string => `
if command -v flock > /dev/null 2>&1; then
  echo $$ > ${place}.turn && exec 9> ${place}.lock && flock 9 && read -r turn < ${place}.turn || turn=$$
  if [ "$turn" != $$ ]; then exit ${SUPERSEDED}; fi
fi
`;
