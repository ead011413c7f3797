/**
 * Both answers, or the first failure, but only when neither goes on: what fails must not write into a folder that its
 * caller has removed meanwhile.
 */
export async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
