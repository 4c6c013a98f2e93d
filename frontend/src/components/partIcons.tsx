import { Icon } from "./icons";

/** Icons of the parts that are loaded later; one file for all would load them all at once. */
export const DocumentsIcon = () => (
  <Icon>
    <path d="M6.5 3.5h5l4 4v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM11.5 3.5v4h4M7.5 11h5M7.5 13.5h3" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m4.5 10.5 3.5 3.5 7.5-8" />
  </Icon>
);

export const CopyIcon = () => (
  <Icon>
    <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
    <path d="M13 7V5.5a2 2 0 0 0-2-2H5.5a2 2 0 0 0-2 2V11a2 2 0 0 0 2 2H7" />
  </Icon>
);

export const PencilIcon = () => (
  <Icon>
    <path d="m4 16 .7-3.2L13 4.5a1.6 1.6 0 0 1 2.3 0l.2.2a1.6 1.6 0 0 1 0 2.3l-8.3 8.3L4 16Z" />
  </Icon>
);

export const TrashIcon = () => (
  <Icon>
    <path d="M4 6h12M8 6V4.5A1 1 0 0 1 9 3.5h2a1 1 0 0 1 1 1V6M5.5 6l.6 9a1.5 1.5 0 0 0 1.5 1.4h4.8a1.5 1.5 0 0 0 1.5-1.4l.6-9" />
  </Icon>
);

export const RetryIcon = () => (
  <Icon>
    <path d="M4 10a6 6 0 1 0 2-4.5L4 7.3M4 3.8v3.5h3.5" />
  </Icon>
);

export const WarningIcon = () => (
  <Icon>
    <path d="M10 3.5 2.8 16h14.4L10 3.5ZM10 8.5v3.2M10 14v.1" />
  </Icon>
);

export const RegenerateIcon = () => (
  <Icon>
    <path d="M4 8.5A6.3 6.3 0 0 1 15.4 6.6M16 11.5A6.3 6.3 0 0 1 4.6 13.4" />
    <path d="M15.8 3.4v3.4h-3.4M4.2 16.6v-3.4h3.4" />
  </Icon>
);

export const PauseIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.75" />
    <path d="M8.25 7.75v4.5M11.75 7.75v4.5" />
  </Icon>
);

export const ContinueIcon = () => (
  <Icon>
    <path d="M6.5 4.75v10.5L15 10 6.5 4.75Z" />
  </Icon>
);

export const PreviousIcon = () => (
  <Icon>
    <path d="m12 5-5 5 5 5" />
  </Icon>
);

export const NextIcon = () => (
  <Icon>
    <path d="m8 5 5 5-5 5" />
  </Icon>
);

/** Rill's mark: two waves, the lower one lighter. */

export function RillMark({ size = 20 }: { size?: number }) {
  return (
    <svg className="rill-mark" viewBox="0 0 24 24" width={size} height={size} fill="none" aria-hidden="true">
      <path
        d="M3 9.5c3-3.6 6-3.6 9 0s6 3.6 9 0"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <path
        d="M3 15.5c3-3.6 6-3.6 9 0s6 3.6 9 0"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
        opacity="0.45"
      />
    </svg>
  );
}

export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.2" />
    <path d="M10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7 6 6M14 14l1.3 1.3M15.3 4.7 14 6M6 14l-1.3 1.3" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16 11.8A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8Z" />
  </Icon>
);

export const SystemIcon = () => (
  <Icon>
    <rect x="3" y="4" width="14" height="9.5" rx="2" />
    <path d="M7.5 16.5h5" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="M10 4v12M5 11l5 5 5-5" />
  </Icon>
);

export const OfflineIcon = () => (
  <Icon>
    <path d="M3 8.2a10.5 10.5 0 0 1 4-2.4M17 8.2a10.4 10.4 0 0 0-5.5-2.9M5.8 11.2a6.5 6.5 0 0 1 3-1.7M14.2 11.2l-.6-.5M10 15v.1M3.5 3.5l13 13" />
  </Icon>
);
