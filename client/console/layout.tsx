import { Button, Drawer, Layout, Menu, Skeleton } from 'antd';
import { Suspense, useState } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { getLanguage, setLanguage } from '#client/i18n.ts';
import { signOut, useMe } from '#client/session.ts';
import { Emblem } from '#client/ui/page.tsx';
import { useUiText } from '#client/ui/text.ts';
import { OnAirBar } from './live/publish/on-air-bar.tsx';
import { useRoles } from './roles.ts';
import { useConsoleText } from './text.ts';

/** The console's frame: the menu at the left, or in a drawer on a phone. */
export function ConsoleLayout() {
  const t = useConsoleText();
  const me = useMe();
  const [open, setOpen] = useState(false);
  const account = (
    <div className="console-account">
      <Link to="/console/me" onClick={() => setOpen(false)}>
        {me?.name}
      </Link>
      <div>
        <Button type="text" size="small" onClick={() => void signOut()}>
          {t('signOut')}
        </Button>
        <Button type="text" size="small" onClick={() => setLanguage(getLanguage() === 'zh' ? 'en' : 'zh')}>
          {t('language')}
        </Button>
      </div>
    </div>
  );
  return (
    <Layout className="console">
      <Layout.Sider className="console-sider" width={208} theme="light">
        <Brand />
        <Navigation />
        {account}
      </Layout.Sider>
      <header className="console-bar">
        <Brand />
        <Button onClick={() => setOpen(true)} aria-expanded={open}>
          {t('menu')}
        </Button>
      </header>
      <Drawer open={open} onClose={() => setOpen(false)} placement="left" size={260} title={t('menu')}>
        <Navigation onChosen={() => setOpen(false)} />
        {account}
      </Drawer>
      <Layout.Content className="console-content" role="main">
        <OnAirBar />
        <Suspense fallback={<Skeleton active title={false} paragraph={{ rows: 8 }} />}>
          <Outlet />
        </Suspense>
      </Layout.Content>
    </Layout>
  );
}

function Brand() {
  const t = useUiText();
  return (
    <Link to="/console" className="console-brand">
      <Emblem />
      {t('product')}
    </Link>
  );
}

function Navigation({ onChosen }: { onChosen?: () => void }) {
  const t = useConsoleText();
  const me = useMe();
  const { bureau, supervisor, ownUnitId } = useRoles();
  const { pathname } = useLocation();
  const items = [
    { key: '/console/courses', label: t('courses') },
    ...(bureau || supervisor ? [{ key: '/console/units', label: t('units') }] : []),
    ...(ownUnitId ? [{ key: `/console/units/${ownUnitId}`, label: t('ownUnit') }] : []),
    ...(bureau || supervisor || ownUnitId ? [{ key: '/console/hours', label: t('hours') }] : []),
    ...(bureau ? [{ key: '/console/videos', label: t('videos') }] : []),
    ...(bureau ? [{ key: '/console/accounts', label: t('accounts') }] : []),
    ...(bureau ? [{ key: '/console/retention', label: t('retention') }] : []),
    ...(me?.personId ? [{ key: '/learn', label: t('learning') }] : []),
  ];
  const selected = pathname.startsWith('/console/sessions') ? '/console/courses' : pathname;
  const current = [...items].sort((a, b) => b.key.length - a.key.length).find((item) => selected.startsWith(item.key));
  return (
    <nav aria-label={t('menu')}>
      <Menu
        mode="inline"
        selectedKeys={current ? [current.key] : []}
        items={items.map((item) => ({ key: item.key, label: <Link to={item.key}>{item.label}</Link> }))}
        onClick={() => onChosen?.()}
      />
    </nav>
  );
}
