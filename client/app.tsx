import { lazy, type ReactNode, Suspense } from 'react';
import { matchPath, Navigate, Route, Routes, useLocation } from 'react-router';
import { loadCheck } from './check/load.ts';
import { useStanding } from './line/place.ts';
import { mySessionsQuery } from './list/sessions-query.ts';
import { queryClient } from './query-client.ts';
import { askAhead } from './room/admission.ts';
import { loadRoom, preloadRoom } from './room/load.ts';
import { homeOf, useMe, wasSignedIn } from './session.ts';
import { NotFound } from './ui/not-found.tsx';
import { OfflineBanner } from './ui/offline.tsx';
import { Waiting } from './ui/spinner.tsx';

const Login = lazy(() => import('./entry/login.tsx'));
const Setup = lazy(() => import('./entry/setup.tsx'));
const Join = lazy(() => import('./entry/join.tsx'));
const PersonalLink = lazy(() => import('./entry/personal-link.tsx'));
const InLine = lazy(() => import('./line/in-line.tsx'));
const List = lazy(() => import('./list/list.tsx'));
const Room = lazy(loadRoom);
const Check = lazy(loadCheck);
const Verify = lazy(() => import('./verify/verify.tsx'));
const MyHours = lazy(() => import('./hours/my-hours.tsx'));
const ProofCheck = lazy(() => import('./proof/check.tsx'));
const MyProofs = lazy(() => import('./proof/mine.tsx'));
const MyData = lazy(() => import('./personal-data/my-data.tsx'));
const OpenScreen = lazy(() => import('./screen/open.tsx'));
const Wall = lazy(() => import('./screen/wall.tsx'));
const Convenor = lazy(() => import('./screen/convenor.tsx'));
const Sheet = lazy(() => import('./screen/sheet.tsx'));
const Scan = lazy(() => import('./screen/scan.tsx'));
const Door = lazy(() => import('./venue/door.tsx'));
const Paper = lazy(() => import('./paper/paper.tsx'));
const ConsoleApp = lazy(() => import('./console/app.tsx'));

const LIST_PATH = '/learn';
const ROOM_PATH = '/learn/:sessionId';

// Whoever opens a class waits for the picture. Nothing on its way waits for anything else.
const sessionId = matchPath(ROOM_PATH, location.pathname)?.params.sessionId;
if (sessionId) {
  preloadRoom();
  if (wasSignedIn()) askAhead(sessionId);
}

// The list is asked for beside who it is for, and not after.
if (location.pathname === LIST_PATH && wasSignedIn()) void queryClient.prefetchQuery(mySessionsQuery);

export function App() {
  const standing = useStanding();
  return (
    <>
      <OfflineBanner />
      {standing && (
        <Suspense fallback={<Waiting />}>
          <InLine standing={standing} />
        </Suspense>
      )}
      {/* Kept as it is, with what somebody has typed, until it is their turn. */}
      <div hidden={standing !== null}>
        <Suspense fallback={<Waiting />}>
          <Routes>
            <Route path="/" element={<Home />} />
            <Route path="/login" element={<Login />} />
            <Route path="/setup" element={<Setup />} />
            <Route path="/u" element={<Join />} />
            <Route path="/u/:joinCode" element={<Join />} />
            <Route path="/j/:token" element={<PersonalLink />} />
            <Route path={LIST_PATH} element={<SignedIn page={<List />} />} />
            <Route path={ROOM_PATH} element={<SignedIn page={<Room />} meanwhile={<Room />} />} />
            <Route path="/verify/:sessionId/:code" element={<Verify />} />
            <Route path="/hours" element={<SignedIn page={<MyHours />} />} />
            <Route path="/proof/:number" element={<ProofCheck />} />
            <Route path="/proofs" element={<SignedIn page={<MyProofs />} />} />
            <Route path="/my-data" element={<SignedIn page={<MyData />} />} />
            <Route path="/d" element={<Door />} />
            <Route path="/d/:door" element={<Door />} />
            <Route path="/d/:door/:code" element={<Door />} />
            <Route path="/check" element={<Check />} />
            <Route path="/learn/:sessionId/check" element={<Check />} />
            <Route path="/learn/:sessionId/paper" element={<SignedIn page={<Paper />} />} />
            <Route path="/learn/:sessionId/screen" element={<SignedIn page={<OpenScreen />} />} />
            <Route path="/screen/:screenId" element={<SignedIn page={<Wall />} />} />
            <Route path="/screen/:screenId/people" element={<SignedIn page={<Convenor />} />} />
            <Route path="/screen/:screenId/sheet" element={<SignedIn page={<Sheet />} />} />
            <Route path="/s" element={<Scan />} />
            <Route path="/s/:shortCode" element={<Scan />} />
            <Route path="/s/:shortCode/:code" element={<Scan />} />
            <Route path="/console/*" element={<SignedIn page={<ConsoleApp />} />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </div>
    </>
  );
}

function Home() {
  const me = useMe();
  if (me === undefined) return <Waiting />;
  return <Navigate replace to={me ? homeOf(me) : '/login'} />;
}

/** `meanwhile`: until it is known who it is, for a page that finds out by itself whether anybody is. */
function SignedIn({ page, meanwhile = <Waiting /> }: { page: ReactNode; meanwhile?: ReactNode }) {
  const me = useMe();
  const { pathname, search } = useLocation();
  if (me === undefined) return wasSignedIn() ? meanwhile : <Waiting />;
  if (me === null) return <Navigate replace to={`/login?next=${encodeURIComponent(pathname + search)}`} />;
  return page;
}
