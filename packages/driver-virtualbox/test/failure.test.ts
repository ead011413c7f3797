import { expect, test } from "vitest";
import { failure, isMissing } from "../src/failure.ts";
import { answer } from "./answers.ts";

const of = (number: number) => failure(answer(number).argv.slice(1), answer(number).stderr);

test("a machine and a medium that are not there are told from those that cannot be read", () => {
  expect([38, 45, 129, 268].map((number) => isMissing(answer(number).stderr))).toEqual([true, true, true, true]);
  expect([114, 164, 180, 202, 255, 260].map((number) => isMissing(answer(number).stderr))).toEqual(
    Array(6).fill(false),
  );
});

test("what another program holds is tried again", () => {
  expect(of(202)).toMatchObject({ code: "virtualbox.locked", retryable: true });
  const session = "VBoxManage: error: The machine 'x' is already locked for a session (or being unlocked)\n";
  expect(failure(["modifyvm"], session)).toMatchObject({ code: "virtualbox.locked", retryable: true });
});

test("a service that is just ending is asked again", () => {
  const gone =
    "VBoxManage: error: Failed to create the VirtualBox object!\nVBoxManage: error: Code NS_ERROR_ABORT (0x80004004)\n";
  expect(failure(["list", "vms"], gone)).toMatchObject({ code: "virtualbox.service", retryable: true });
});

test("a list that changed while it was read is asked for again; a change that failed so is not", () => {
  const failed = (command: string) =>
    `VBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)\nVBoxManage: error: Context: "${command}"\n`;
  expect(failure(["list", "hdds"], failed("list"))).toMatchObject({ code: "virtualbox.service", retryable: true });
  expect(failure(["modifyvm", "x"], failed("modifyvm"))).toMatchObject({
    code: "virtualbox.command",
    retryable: false,
  });
});

test("a base that was forgotten is opened, and asked for again", () => {
  const forgotten =
    "VBoxManage: error: Parent medium with UUID {793509ee-9438-4f82-bd2c-9a65ff1afb0a} of the medium 's.vdi' is not found in the media registry ('VirtualBox.xml')\n";
  expect(failure(["createmedium", "disk"], forgotten)).toMatchObject({ code: "virtualbox.base", retryable: true });
  const unopened =
    "VBoxManage: error: Could not find an open hard disk with UUID {464b6b7f-6128-4b6c-b44d-e530ef1d3a02}\n";
  expect(failure(["registervm"], unopened)).toMatchObject({ code: "virtualbox.base", retryable: true });
});

test("a disk that the service finished after its request was cancelled is looked for, and taken", () => {
  const made =
    "0%...VBOX_E_FILE_ERROR\nVBoxManage: error: Failed to create medium\nVBoxManage: error: VDI: cannot create image 'd.vdi' (VERR_ALREADY_EXISTS)\n";
  expect(failure(["createmedium", "disk"], made)).toMatchObject({ code: "virtualbox.disk-exists", retryable: true });
});

test("anything else fails once, with VirtualBox's own sentence and no usage text", () => {
  const error = of(180);
  expect(error).toMatchObject({ code: "virtualbox.command", retryable: false });
  expect(error.message).toMatch(
    /^VBoxManage closemedium disk failed: Cannot delete storage: medium .* is still attached/,
  );
  expect(of(114).message).toContain("Failed to create medium");
  expect(of(114).message).not.toContain("\n");
});

test.each([
  ["virtualbox.disk-full", "VBoxManage: error: VDI: cannot write (VERR_DISK_FULL)"],
  [
    "virtualbox.kernel-driver",
    "VBoxManage: error: The VirtualBox kernel driver is not accessible (VERR_VM_DRIVER_NOT_ACCESSIBLE)",
  ],
  [
    "virtualbox.no-vtx",
    "VBoxManage: error: VT-x is disabled in the BIOS for all CPU modes (VERR_VMX_MSR_ALL_VMX_DISABLED)",
  ],
])("%s is known by its code", (code, words) => {
  expect(failure(["startvm", "x"], words)).toMatchObject({ code, hint: expect.stringMatching(/\S/) });
});

test("an answer without words is an answer too", () => {
  expect(failure(["startvm", "x"], "").message).toContain("it said nothing");
});
