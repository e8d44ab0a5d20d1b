import { createContext, useCallback, useContext, useState, type ReactNode } from "react";
import { CheckIcon, CloseIcon } from "./icons";

interface Notice {
  key: number;
  text: string;
}

const shownMs = 6000;
let nextKey = 0;
const NoticeContext = createContext<(text: string) => void>(() => {});

/** Says that something worked. Failures stay beside what caused them instead. */
export function useNotice(): (text: string) => void {
  return useContext(NoticeContext);
}

export function Notices({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([]);
  const drop = useCallback((key: number) => setNotices((all) => all.filter((one) => one.key !== key)), []);
  const add = useCallback(
    (text: string) => {
      const key = nextKey++;
      setNotices((all) => [...all.slice(-2), { key, text }]);
      setTimeout(() => drop(key), shownMs);
    },
    [drop],
  );
  return (
    <NoticeContext.Provider value={add}>
      {children}
      <div className="notices" role="status">
        {notices.map((notice) => (
          <p key={notice.key} className="notice">
            <CheckIcon />
            <span>{notice.text}</span>
            <button
              type="button"
              className="icon-button"
              aria-label="Dismiss"
              onClick={() => drop(notice.key)}
            >
              <CloseIcon />
            </button>
          </p>
        ))}
      </div>
    </NoticeContext.Provider>
  );
}
