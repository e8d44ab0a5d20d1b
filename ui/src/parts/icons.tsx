import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <g fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round">
        {children}
      </g>
    </svg>
  );
}

export const FunctionsIcon = () => (
  <Icon>
    <path d="M6.5 2.5C5 2.5 4.8 3.6 4.8 5v1.2c0 1-.5 1.8-1.6 1.8 1.1 0 1.6.8 1.6 1.8V11c0 1.4.2 2.5 1.7 2.5M9.5 2.5c1.5 0 1.7 1.1 1.7 2.5v1.2c0 1 .5 1.8 1.6 1.8-1.1 0-1.6.8-1.6 1.8V11c0 1.4-.2 2.5-1.7 2.5" />
  </Icon>
);
export const SettingsIcon = () => (
  <Icon>
    <path d="M2.5 4.5h5M11.5 4.5h2M2.5 11.5h2M8.5 11.5h5" />
    <circle cx="9.5" cy="4.5" r="1.8" />
    <circle cx="6.5" cy="11.5" r="1.8" />
  </Icon>
);
export const UploadIcon = () => (
  <Icon>
    <path d="M8 10.5v-7M5 6l3-3 3 3M3 10.5v1.7c0 .7.6 1.3 1.3 1.3h7.4c.7 0 1.3-.6 1.3-1.3v-1.7" />
  </Icon>
);
export const PenIcon = () => (
  <Icon>
    <path d="M3 13l.7-3.2 7-7a1.4 1.4 0 012 0l.5.5a1.4 1.4 0 010 2l-7 7L3 13zM9.5 4l2.5 2.5" />
  </Icon>
);
export const DownloadIcon = () => (
  <Icon>
    <path d="M8 3v7M5 7.5l3 3 3-3M3 10.5v1.7c0 .7.6 1.3 1.3 1.3h7.4c.7 0 1.3-.6 1.3-1.3v-1.7" />
  </Icon>
);
export const SignOutIcon = () => (
  <Icon>
    <path d="M6.5 2.5H4.3C3.6 2.5 3 3.1 3 3.8v8.4c0 .7.6 1.3 1.3 1.3h2.2M6.5 8h7M10.8 5.3L13.5 8l-2.7 2.7" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.5 3.3c-.2-.5-.7-.8-1.2-.8H4C3.2 2.5 2.5 3.2 2.5 4v5.3c0 .5.3 1 .8 1.2" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="M3 8.5l3.2 3.2L13 4.8" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="M4 4l8 8M12 4l-8 8" />
  </Icon>
);
export const SystemIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 2.5a5.5 5.5 0 010 11z" fill="currentColor" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M13.2 9.7A5.6 5.6 0 016.3 2.8a5.6 5.6 0 106.9 6.9z" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon>
    <path d="M6 4l4 4-4 4" />
  </Icon>
);
export const AlertIcon = () => (
  <Icon>
    <path d="M8 2.5l6 10.7H2z" />
    <path d="M8 6.5v3M8 11.4v.1" />
  </Icon>
);
