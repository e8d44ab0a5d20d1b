import { useEffect, useState } from "react";
import { UploadIcon } from "../parts/icons";
import { navigate } from "../router";
import { usePending } from "./pending";

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** The whole page takes files. On a function's page they become its next version. */
export function DropTarget({ functionName }: { functionName: string | null }) {
  const { add } = usePending();
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Entering a child leaves its parent, so the enters and leaves are counted.
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const allow = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      add(files, files.length === 1 && functionName ? functionName : undefined);
      navigate("/functions");
    };
    document.addEventListener("dragenter", enter);
    document.addEventListener("dragleave", leave);
    document.addEventListener("dragover", allow);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragenter", enter);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("dragover", allow);
      document.removeEventListener("drop", drop);
    };
  }, [add, functionName]);
  if (!over) return null;
  return (
    <div className="drop-overlay" aria-hidden="true">
      <p>
        <UploadIcon />
        {functionName
          ? `Drop the next version of ${functionName}`
          : "Drop .wasm, .wat, .py or .zip files to deploy them"}
      </p>
    </div>
  );
}
