import type { Deployment, FunctionRecord } from "../api/types";

/** What a PUT says; what is empty or as usual is left out. */
export function deploymentOf(
  module: string,
  from: Pick<FunctionRecord, "limits" | "grants" | "environment" | "init" | "state"> | undefined,
): Deployment {
  const deployment: Deployment = { module };
  if (!from) return deployment;
  deployment.limits = from.limits;
  if (Object.keys(from.grants).length > 0) deployment.grants = from.grants;
  if (Object.keys(from.environment).length > 0) deployment.environment = from.environment;
  if (from.init !== null) deployment.init = from.init;
  if (from.state === "warm") deployment.state = "warm";
  return deployment;
}
