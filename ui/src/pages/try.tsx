import { useEffect, useRef, useState } from "react";
import type { ExportedFunction, FunctionRecord } from "../api/types";
import { useCall } from "../functions/call";
import { useHistory, type CallRecord } from "../functions/history";
import { payloadRequest, type Payload } from "../functions/payload";
import { typedRequest } from "../functions/request";
import { typeText } from "../functions/signature";
import { useQueryValue } from "../router";
import { isValueType } from "../values/parse";
import { ExportList } from "./export-list";
import { History } from "./try-history";
import { PayloadForm } from "./payload-form";
import { PythonForm } from "./python-form";
import { ResultPanel } from "./result";
import { TypedForm } from "./typed-form";

export function Try({ found }: { found: FunctionRecord }) {
  if (found.dialect === "typed") return <TryTyped found={found} />;
  return found.dialect === "python" ? <TryPython found={found} /> : <TryPayload found={found} />;
}

function TryTyped({ found }: { found: FunctionRecord }) {
  const [chosen, choose] = useQueryValue("export");
  const callable = found.exports.filter(isCallable);
  const exported = found.exports.find((one) => one.name === chosen) ?? callable[0] ?? found.exports[0];
  const { calls, add, clear } = useHistory(found.name);
  const [picked, pick] = useState<string | null>(null);
  const [draft, setDraft] = useState<{ key: string; inputs: string[] } | null>(null);
  const onDone = useShowDone(found.version, add, pick);
  const { call, cancel, busy } = useCall(found.name, onDone);
  if (!exported) {
    return (
      <p className="empty">
        This module exports no functions, so there is nothing to call. Export one with{" "}
        <code>(func (export "name") …)</code> and deploy a new version.
      </p>
    );
  }
  const again = (record: CallRecord) => {
    const target = found.exports.find((one) => one.name === record.exported);
    if (!target) return;
    choose(target.name);
    setDraft({ key: record.key + Date.now(), inputs: record.inputs });
    const request = typedRequest(target, record.inputs);
    if (request) void call(request);
  };
  const shown =
    calls.find((one) => one.key === picked) ?? calls.find((one) => one.exported === exported.name);
  return (
    <>
      <div className="try">
        <ExportList exports={found.exports} current={exported.name} onChoose={choose} />
        <TypedForm
          key={`${exported.name}${typeText(exported)}${draft?.key ?? ""}`}
          name={found.name}
          exported={exported}
          draft={draft?.inputs ?? null}
          busy={busy}
          onCall={(request) => void call(request)}
          onCancel={cancel}
        />
        <ResultPanel name={found.name} call={shown} busy={busy} logs={null} />
      </div>
      <History
        calls={calls}
        shown={shown?.key}
        onShow={(record) => show(record, choose, pick)}
        onAgain={again}
        onClear={clear}
      />
    </>
  );
}

function show(record: CallRecord, choose: (name: string | null) => void, pick: (key: string) => void): void {
  if (record.exported !== null) choose(record.exported);
  pick(record.key);
}

function TryPayload({ found }: { found: FunctionRecord }) {
  const { calls, add, clear } = useHistory(found.name);
  const [picked, pick] = useState<string | null>(null);
  const [draft, setDraft] = useState<{ key: string; payload: string } | null>(null);
  const onDone = useShowDone(found.version, add, pick);
  const { call, cancel, busy } = useCall(found.name, onDone);
  const shown = calls.find((one) => one.key === picked) ?? calls[0];
  const again = (record: CallRecord) => {
    const payload = record.inputs[0] ?? "";
    setDraft({ key: record.key + Date.now(), payload });
    void call({ exported: null, inputs: [payload], body: payload, contentType: "text/plain", results: null });
  };
  return (
    <>
      <div className="try payload">
        <PayloadForm
          key={draft?.key ?? ""}
          name={found.name}
          dialect={found.dialect}
          draft={draft?.payload ?? null}
          busy={busy}
          onCall={(request) => void call(request)}
          onCancel={cancel}
        />
        <ResultPanel name={found.name} call={shown} busy={busy} logs="program" />
      </div>
      <History
        calls={calls}
        shown={shown?.key}
        onShow={(record) => pick(record.key)}
        onAgain={again}
        onClear={clear}
      />
    </>
  );
}

function TryPython({ found }: { found: FunctionRecord }) {
  const { calls, add, clear } = useHistory(found.name);
  const [picked, pick] = useState<string | null>(null);
  const [draft, setDraft] = useState<{ key: string; payload: Payload } | null>(null);
  const onDone = useShowDone(found.version, add, pick);
  const { call, cancel, busy } = useCall(found.name, onDone);
  const shown = calls.find((one) => one.key === picked) ?? calls[0];
  const again = (record: CallRecord) => {
    if (record.kind === "file") return;
    const payload: Payload = { kind: record.kind ?? "text", text: record.inputs[0] ?? "" };
    setDraft({ key: record.key + Date.now(), payload });
    const request = payloadRequest(payload);
    if (request) void call(request);
  };
  return (
    <>
      <div className="try payload">
        <PythonForm
          key={draft?.key ?? ""}
          name={found.name}
          draft={draft?.payload ?? null}
          busy={busy}
          onCall={(request) => void call(request)}
          onCancel={cancel}
        />
        <ResultPanel name={found.name} call={shown} busy={busy} logs="python" />
      </div>
      <History
        calls={calls}
        shown={shown?.key}
        onShow={(record) => pick(record.key)}
        onAgain={again}
        onClear={clear}
      />
    </>
  );
}

// A finished call joins the history and becomes the one that is shown.
function useShowDone(
  version: number,
  add: (call: CallRecord) => void,
  pick: (key: string) => void,
): (call: CallRecord) => void {
  const latest = useRef({ version, add, pick });
  useEffect(() => {
    latest.current = { version, add, pick };
  });
  const [done] = useState(() => (call: CallRecord) => {
    latest.current.add({ ...call, version: latest.current.version });
    latest.current.pick(call.key);
  });
  return done;
}

function isCallable(exported: ExportedFunction): boolean {
  return exported.params.every(isValueType);
}
