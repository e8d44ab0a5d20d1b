import { useState, type MouseEvent, type ReactNode } from "react";
import { fileOf } from "../api/client";
import { problemOf } from "../api/problems";
import type { Problem } from "../api/types";
import { useSession } from "../api/session";
import { ProblemCard } from "./problem";

// Until the browser has surely begun to read it.
const blobMs = 60_000;

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), blobMs);
}

interface ServerLinkProps {
  href: string;
  /** What the file is called once it is saved. */
  name: string;
  className?: string;
  /** Whether it is saved in any case, and not only when a token keeps the browser from showing it. */
  download?: boolean;
  children: ReactNode;
}

/** A link to what the server holds behind its token, which a link by itself does not carry. */
export function ServerLink({ href, name, className, download = false, children }: ServerLinkProps) {
  const { token } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const follow = async (event: MouseEvent) => {
    if (token === null) return;
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      save(await fileOf(href), name);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const saved = download || token !== null ? { download: name } : {};
  return (
    <>
      <a
        href={href}
        className={className}
        aria-busy={busy}
        {...saved}
        onClick={(event) => void follow(event)}
      >
        {children}
      </a>
      {problem && <ProblemCard problem={problem} />}
    </>
  );
}
