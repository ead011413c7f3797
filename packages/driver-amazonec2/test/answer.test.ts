import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { DriverContext } from "@machinist/core";
import { expect, onTestFinished, test } from "vitest";
import { Account } from "../src/account.ts";

const vpcs = (items: string) => `<DescribeVpcsResponse><vpcSet>${items}</vpcSet></DescribeVpcsResponse>`;

/** What is made of a body that comes with status 200. */
async function answered(body: string) {
  const server = createServer((request, response) => {
    request.resume();
    response.end(body);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" };
  const ask = new Account({ env } as unknown as DriverContext).at(
    { region: "us-east-1", endpoint, account: "" },
    new AbortController().signal,
  );
  return await ask((ec2, options) => ec2.describeVpcs({}, options));
}

test.each([
  ["nothing", ""],
  ["a login page", "<html><body>Sign in</body></html>"],
  ["the answer to another action", "<DescribeImagesResponse/>"],
  ["no XML", "hello"],
  ["half an answer", "<DescribeVpcsResponse><vpcSet><item><vpcId>v"],
  ["a document type", `<!DOCTYPE a [<!ENTITY x "y">]>${vpcs("<item><vpcId>&x;</vpcId></item>")}`],
  ["an endless nest", vpcs("<item>".repeat(5000) + "</item>".repeat(5000))],
  ["more than fits", vpcs(`<item><vpcId>${"v".repeat(17 * 2 ** 20)}</vpcId></item>`)],
])("%s is no list of nothing", async (_what, body) => {
  const hint = expect.stringContaining("--amazonec2-endpoint");
  await expect(answered(body)).rejects.toMatchObject({ code: "amazonec2.answer", retryable: true, hint });
});

test("what EC2 answers is read", async () => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  const { Vpcs } = await answered(head + vpcs("<item><vpcId>vpc-1</vpcId><isDefault>true</isDefault></item>"));
  expect(Vpcs).toMatchObject([{ VpcId: "vpc-1", IsDefault: true }]);
  expect((await answered(vpcs(""))).Vpcs).toEqual([]);
});
