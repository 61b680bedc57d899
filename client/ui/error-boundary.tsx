import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { Empty } from './empty.tsx';
import { useUiText } from './text.ts';

/** Shows a way out instead of a white page when rendering fails, or when a part of the program can't be loaded. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const t = useUiText();
  return (
    <Empty
      page
      title={t('broken')}
      hint={t('brokenHint')}
      action={
        <Button look="primary" onClick={() => location.reload()}>
          {t('reload')}
        </Button>
      }
    />
  );
}
