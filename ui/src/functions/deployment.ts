import type { Deployment, FunctionRecord } from "../api/types";

/** What a PUT says; empty grants and environments are left out. */
export function deploymentOf(
  module: string,
  from: Pick<FunctionRecord, "limits" | "grants" | "environment"> | undefined,
): Deployment {
  const deployment: Deployment = { module };
  if (!from) return deployment;
  deployment.limits = from.limits;
  if (Object.keys(from.grants).length > 0) deployment.grants = from.grants;
  if (Object.keys(from.environment).length > 0) deployment.environment = from.environment;
  return deployment;
}
