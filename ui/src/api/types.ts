// The JSON of the server's API, as its OpenAPI document says.

export interface ExportedFunction {
  name: string;
  params: string[];
  param_names?: (string | null)[] | null;
  results: string[];
}

export interface ImportedItem {
  module: string;
  name: string;
  kind: "func" | "memory" | "table" | "global" | "tag";
  type: string;
  /** The dialects that would provide it; empty when none would. */
  provided_by: string[];
  /** Why this server does not provide it, for people; null when it does. */
  problem: string | null;
}

export interface Module {
  id: string;
  dialect: string;
  exports: ExportedFunction[];
  imports: ImportedItem[];
  memories?: { min_pages: number; max_pages: number | null; shared: boolean; memory64: boolean }[];
  state: "fresh" | "pristine" | "stateless";
  state_reason: string;
  size_bytes: number;
  created: string;
}

export interface Limits {
  deadline_ms: number;
  memory_bytes: number;
  output_bytes: number;
  in_flight: number;
}

/** What a deployment asks for. */
export type WantedState = "pristine" | "warm";

/** What prepares a module, when, and why then. */
export interface Initialization {
  start: boolean;
  exports: string[];
  when: "deployment" | "instance" | "call";
  reason: string;
}

export interface FunctionRecord {
  name: string;
  version: number;
  versions: number;
  module: string;
  dialect: string;
  created: string;
  deployed: string;
  exports: ExportedFunction[];
  limits: Limits;
  grants: Record<string, unknown>;
  environment: Record<string, string>;
  /** warm: calls see what earlier calls left. */
  state: "fresh" | "pristine" | "stateless" | "warm";
  state_reason: string;
  init: string | null;
  initialization: Initialization | null;
  last_hour: { calls: number; errors: number; p50_us: number | null; calls_per_minute: number[] };
  last_called: string | null;
}

export interface VersionRecord {
  version: number;
  module: string;
  dialect: string;
  deployed: string;
  current: boolean;
  limits: Limits;
  grants: Record<string, unknown>;
  environment: Record<string, string>;
  state: WantedState;
  init: string | null;
}

export interface Frame {
  function?: string;
  module_offset?: number;
  file?: string;
  line?: number;
  column?: number;
}

export interface Problem {
  code: string;
  title: string;
  status: number;
  detail?: string;
  invocation?: string;
  backtrace?: Frame[];
  position?: { line?: number; column?: number; offset?: number };
  limit?: { name: string; value: number };
  retryable?: boolean;
}

export interface Invocation {
  id: string;
  function: string;
  version: number;
  export?: string;
  status: "ok" | "error";
  error?: Problem;
  started: string;
  duration_us: number;
  cpu_us: number;
  input_bytes: number;
  output_bytes: number;
  input: string | null;
  output: string | null;
  log_bytes: number;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface ServerStatus {
  version: string;
  started: string;
  uptime_s: number;
  functions: number;
  modules: number;
}

export interface Deployment {
  module: string;
  limits?: Partial<Limits>;
  grants?: Record<string, unknown>;
  environment?: Record<string, string>;
  init?: string;
  state?: WantedState;
}
