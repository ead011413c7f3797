/**
 * Unit tests that are run with one version of Node only, each group with its reason: how they end cannot depend on Node's
 * version, or what of it can is run with every version elsewhere. Whatever is not named here is run with all of them.
 *
 * @type {readonly { readonly reason: string, readonly files: readonly string[] }[]}
 */
export const sameOnEveryNode = [
  {
    reason: "They read this repository's own files: sources, manifests, pages.",
    files: [
      "test/architecture.test.ts",
      "test/changesets.test.ts",
      "test/commands.test.ts",
      "test/digitalocean-facts.test.ts",
      "test/docs.test.ts",
      "test/integrations.test.ts",
      "test/manifests.test.ts",
      "test/site.test.ts",
    ],
  },
  {
    reason:
      "They compare with Go, whose answers the package's other tests have recorded; or run Go's side of what others run.",
    files: ["packages/driver-plugin/test/go-plugin.test.ts", "packages/go-template/test/random.test.ts"],
  },
  {
    reason: "They compare with docker compose: what is carried is decided by code that the package's other tests run.",
    files: [
      "packages/compose-runner/test/differential/config.test.ts",
      "packages/compose-runner/test/differential/shaped.test.ts",
    ],
  },
  {
    reason:
      "They watch what other people's programs do with ours (docker compose, containers, qemu-img, plugins in Go), or forty " +
      "processes of ours: that programs are started, spoken to and ended is tested with every version by the same packages.",
    files: [
      "packages/compose-runner/test/hidden.test.ts",
      "packages/docker-machine/test/none-urls.test.ts",
      "packages/driver-plugin/test/bad-plugins.test.ts",
      "packages/driver-plugin/test/duties.test.ts",
      "packages/fleet/test/driver-images.test.ts",
      "packages/fleet/test/locks.test.ts",
      "packages/images/test/qcow2-features.test.ts",
    ],
  },
  {
    reason: "They ask TypeScript's compiler, or Python, about files of ours.",
    files: ["packages/driver-digitalocean/test/api-types.test.ts", "packages/lab/test/digitalocean-judge.test.ts"],
  },
  {
    reason:
      "They play whole contracts or provider's refusals through once more: the reconciler's contract is run on the simulated and " +
      "the generic driver, the provider's requests by droplets.test.ts, plugins by json-program and examples.",
    files: [
      "packages/driver-digitalocean/test/bad-input.test.ts",
      "packages/driver-digitalocean/test/contract.test.ts",
      "packages/driver-digitalocean/test/shared-objects.test.ts",
      "packages/driver-plugin/test/contract.test.ts",
    ],
  },
  {
    reason:
      "They do hundreds to ten thousands of times, with a hundred machines, or with a slow password hash, what the package's other tests do once.",
    files: [
      "packages/cli/test/fuzz.test.ts",
      "packages/core/test/converge/plan.test.ts",
      "packages/docker-machine/test/lines.test.ts",
      "packages/fleet/test/plan-hundred.test.ts",
      "packages/fleet/test/hand-over.test.ts",
      "packages/go-rpc/test/hostile.test.ts",
      "packages/lab/test/digitalocean-hundred.test.ts",
      "packages/manifest/test/fuzz.test.ts",
      "packages/testkit/test/crash-fuzz.test.ts",
    ],
  },
];
