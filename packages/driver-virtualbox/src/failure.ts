import { MachinistError } from "@machinist/core";

interface Cause {
  /** VirtualBox's own codes, the same in every language, and the few words that come without one. */
  readonly words: RegExp;
  /** The one command for which they mean this. */
  readonly of?: string;
  readonly code: string;
  readonly sentence: string;
  readonly hint: string;
  readonly retryable?: true;
}

const CAUSES: readonly Cause[] = [
  {
    words: /VBOX_E_INVALID_(OBJECT|SESSION)_STATE|already locked (for|by) a session|is locked for (reading|writing)/,
    code: "virtualbox.locked",
    sentence: "VirtualBox is busy with this machine or its disk",
    hint: "Close its window if it is open in VirtualBox, then run the command again",
    retryable: true,
  },
  {
    words: /The object functionality is limited/,
    code: "virtualbox.inaccessible",
    sentence: "VirtualBox cannot read what it wrote of this machine",
    hint: "See why: VBoxManage list --long vms; machinist up brings it into line where its files are there",
  },
  {
    // The service ends by itself when nobody needs it, and a call that comes just then meets it half gone.
    words:
      /Failed to create the VirtualBox object|NS_ERROR_(CALL_FAILED|ABORT|FACTORY_NOT_REGISTERED)|E_ACCESSDENIED|REGDB_E_CLASSNOTREG/,
    code: "virtualbox.service",
    sentence: "VirtualBox's service VBoxSVC did not answer",
    hint: "See whether it works by itself: VBoxManage list vms",
    retryable: true,
  },
  {
    // A list is put together from objects, and others may take one away meanwhile.
    words: /NS_ERROR_FAILURE/,
    of: "list",
    code: "virtualbox.service",
    sentence: "VirtualBox could not list what it knows",
    hint: "See whether it works by itself: VBoxManage list vms",
    retryable: true,
  },
  {
    // What no machine uses is known only as long as the service runs.
    words: /is not found in the media registry|Could not find an open hard disk with UUID/,
    code: "virtualbox.base",
    sentence: "VirtualBox does not know the disk that this one stands on",
    hint: "Run the same command again",
    retryable: true,
  },
  {
    // Its service finishes what a cancelled run asked for: the disk came up between our look and our request.
    words: /VERR_ALREADY_EXISTS/,
    code: "virtualbox.disk-exists",
    sentence: "VirtualBox has just made the disk that was asked for",
    hint: "Run the same command again: it goes on with that disk",
    retryable: true,
  },
  {
    words: /VERR_DISK_FULL|No space left/,
    code: "virtualbox.disk-full",
    sentence: "There is no space left for the disk",
    hint: "Free some space where the machines and the cache are",
  },
  {
    words: /VERR_VM_DRIVER|VERR_SUPDRV|vboxdrv|kernel driver/i,
    code: "virtualbox.kernel-driver",
    sentence: "VirtualBox's kernel driver is not loaded",
    hint: "Load it: sudo /sbin/vboxconfig (Debian: apt-get install virtualbox-dkms), then run the command again",
  },
  {
    words: /VERR_(VMX|SVM|NEM)|VT-x|AMD-V/,
    code: "virtualbox.no-vtx",
    sentence: "This computer's processor cannot run virtual machines for VirtualBox",
    hint: "Enable VT-x or AMD-V in its firmware, and switch off other hypervisors (KVM, Hyper-V)",
  },
];

/** What went wrong, from VBoxManage's own words. */
export function failure(args: readonly string[], output: string): MachinistError {
  const said = errorLine(output);
  const cause = CAUSES.find(({ words, of = args[0] }) => of === args[0] && words.test(output));
  if (cause) {
    return new MachinistError(cause.code, `${cause.sentence}: ${said}`, {
      hint: cause.hint,
      retryable: cause.retryable ?? false,
    });
  }
  return new MachinistError("virtualbox.command", `VBoxManage ${args.slice(0, 2).join(" ")} failed: ${said}`, {
    hint: "VirtualBox's own log says more: VBoxManage showvminfo NAME --log 0",
  });
}

/** The sentence of an answer: progress, headings and usage come on the same stream. */
function errorLine(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => line.startsWith("VBoxManage: error: "));
  const said =
    errors.find((line) => !/error: (Details|Context):/.test(line)) ?? lines.filter((line) => line !== "").at(-1);
  return said?.replace("VBoxManage: error: ", "") ?? "it said nothing";
}

/** Whether the machine, or the file of the medium, that was asked about is not there. */
export const isMissing = (output: string): boolean => /VBOX_E_OBJECT_NOT_FOUND|VERR_(FILE|PATH)_NOT_FOUND/.test(output);

/** Whether the command failed before it reached VirtualBox's service. */
export const neverAsked = (output: string): boolean => output.includes("Failed to create the VirtualBox object");
