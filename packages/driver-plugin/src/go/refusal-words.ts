import { isMachinistError } from "@machinist/core";

/** A plugin has words alone for why it refuses. */
const gone = /not[ _-]?found|(?:does not|doesn't|no longer) exist|already (?:been )?(?:deleted|removed|destroyed)/i;
/** A number is a status only where the words around it say so: names and ids of machines have numbers, too. */
const status =
  /\b(?:https?|status|code|error|response|got)\b\W{0,4}(?:401|403|429|5\d\d)\b|:\s*(?:401|403|429|5\d\d)\b(?! not found)/i;
const unreachable =
  /\bdial\b|\blookup\b|no such host|timed? ?out|connection|unreachable|\bEOF\b|x509|\btls\b|unauthori[sz]ed|forbidden|denied|rate limit|too many requests|bad gateway|service unavailable|internal server error|page not found/i;

const wordsOf = (thrown: unknown): string => (isMachinistError(thrown) ? thrown.message : String(thrown));

/** Whether a refusal says that its provider could not be asked, or did not want to answer. */
export const saysUnreachable = (thrown: unknown): boolean =>
  status.test(wordsOf(thrown)) || unreachable.test(wordsOf(thrown));

/** Whether a refusal says that a machine is gone. That its provider was not reached says nothing of that. */
export const saysGone = (thrown: unknown): boolean => gone.test(wordsOf(thrown)) && !saysUnreachable(thrown);
