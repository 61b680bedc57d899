import './ui.css';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';

export interface Tab {
  key: string;
  title: string;
  panel: ReactNode;
}

/** Panels of which one shows. All that was mounted stays, so that a half-written question survives a look elsewhere. */
export function Tabs({
  label,
  tabs,
  lazy = false,
}: {
  label: string;
  tabs: Tab[];
  /** Mounts a panel only when it is first looked at. */
  lazy?: boolean;
}) {
  const id = useId();
  const [selected, setSelected] = useState(tabs[0]?.key);
  const [seen, setSeen] = useState<(string | undefined)[]>([selected]);

  function select(key: string) {
    setSelected(key);
    if (!seen.includes(key)) setSeen([...seen, key]);
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex((tab) => tab.key === selected);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    select(next.key);
    event.currentTarget.querySelector<HTMLElement>(`[data-key="${next.key}"]`)?.focus();
  }

  return (
    <>
      <div className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            data-key={tab.key}
            id={`${id}-${tab.key}`}
            aria-selected={tab.key === selected}
            aria-controls={`${id}-${tab.key}-panel`}
            tabIndex={tab.key === selected ? 0 : -1}
            className="tabs__tab"
            onClick={() => select(tab.key)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      {tabs.map((tab) => (
        <div
          key={tab.key}
          role="tabpanel"
          id={`${id}-${tab.key}-panel`}
          aria-labelledby={`${id}-${tab.key}`}
          hidden={tab.key !== selected}
        >
          {(!lazy || seen.includes(tab.key)) && tab.panel}
        </div>
      ))}
    </>
  );
}
