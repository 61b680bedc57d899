import http from 'node:http';
import express, { type RequestHandler } from 'express';
import { accountEndpoints } from '#contract/accounts.ts';
import { archiveEndpoints } from '#contract/archives.ts';
import { attendanceEndpoints } from '#contract/attendance.ts';
import { correctionEndpoints } from '#contract/corrections.ts';
import { courseEndpoints } from '#contract/courses.ts';
import { hoursEndpoints } from '#contract/hours.ts';
import { liveEndpoints } from '#contract/live.ts';
import type { FileEvent } from '#contract/media-videos.ts';
import { networkEndpoints } from '#contract/network.ts';
import { organisationEndpoints } from '#contract/organisations.ts';
import { personalDataEndpoints } from '#contract/personal-data.ts';
import { presenceEndpoints } from '#contract/presence.ts';
import { proofEndpoints } from '#contract/proofs.ts';
import { quizEndpoints } from '#contract/quiz.ts';
import { recordCheckEndpoints } from '#contract/record-checks.ts';
import { recordSealEndpoints } from '#contract/record-seals.ts';
import { recordingEndpoints } from '#contract/recordings.ts';
import { reportEndpoints } from '#contract/reports.ts';
import { retentionEndpoints } from '#contract/retention.ts';
import { screenEndpoints } from '#contract/screens.ts';
import { venueEndpoints } from '#contract/venues.ts';
import { videoEndpoints } from '#contract/videos.ts';
import { authenticate } from './accounts/authenticate.ts';
import { removeExpiredLogins } from './accounts/expired-logins.ts';
import { refuseForeignOrigin } from './accounts/origin.ts';
import { accountRoutes } from './accounts/routes.ts';
import { createAccounts } from './accounts/service.ts';
import { createThrottle } from './accounts/throttle.ts';
import { makerOf } from './archives/files.ts';
import { fileMaking } from './archives/making.ts';
import { inOwnProcess } from './archives/own-process.ts';
import { archiveRoutes } from './archives/routes.ts';
import { createArchives } from './archives/service.ts';
import { createChecks } from './attendance/checks.ts';
import { checkRoutes, correctionRoutes, sealRoutes } from './attendance/routes.ts';
import { createAttendance } from './attendance/service.ts';
import type { Clock } from './clock.ts';
import { type Config, loadSecrets, type Secrets } from './config.ts';
import { type Connections, countConnections } from './connections.ts';
import { courseRoutes } from './courses/routes.ts';
import { type Courses, createCourses } from './courses/service.ts';
import { openDb } from './db.ts';
import { notFound } from './errors.ts';
import { createFiling } from './filing.ts';
import { mediaPassThrough, publishPassThrough } from './front-door.ts';
import { createFrontLane } from './front-lane.ts';
import { createLedgerExport } from './hours/export.ts';
import { hoursRoutes } from './hours/routes.ts';
import { createHours } from './hours/service.ts';
import { type Locators, mount, problems, requestIds } from './http.ts';
import { atTheDoor, createLateness, ENTRY } from './line/at-the-door.ts';
import { createLine } from './line/line.ts';
import { createAudienceQuestions } from './live/audience-questions.ts';
import { createBroadcasts } from './live/broadcasts.ts';
import { createCaptions } from './live/captions.ts';
import { createGateway, type Heartbeat } from './live/gateway.ts';
import { mediaHooks } from './live/hooks.ts';
import {
  denyPlaybackOfExcluded,
  dismissHoldersOfOldKeys,
  endWhatIsOver,
  pictureTransitions,
  watchLostPublishers,
} from './live/lifecycle.ts';
import { createMediaClient } from './live/media-client.ts';
import { createOutside, watchOutside } from './live/outside.ts';
import { recordingRoutes } from './live/recording-routes.ts';
import { createRecordings, watchRetention } from './live/recordings.ts';
import { replayableOf } from './live/replayable.ts';
import { createRooms } from './live/rooms.ts';
import { attendanceRoutes, liveRoutes } from './live/routes.ts';
import { createLive } from './live/service.ts';
import type { Logger } from './logger.ts';
import { tellOfDatabase } from './metrics/database.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { serveOwnMetrics } from './metrics/private.ts';
import { countRequests } from './metrics/requests.ts';
import { networkRoutes } from './network/routes.ts';
import { createNetworkReports, watchOldReports } from './network/service.ts';
import { organisationRoutes } from './organisations/routes.ts';
import { createOrganisations } from './organisations/service.ts';
import { createPages } from './pages.ts';
import { personalDataRoutes } from './personal-data/routes.ts';
import { createPersonalData } from './personal-data/service.ts';
import { presenceRoutes } from './presence/routes.ts';
import { createPresence } from './presence/service.ts';
import { watchPresence } from './presence/watch.ts';
import { proofRoutes } from './proofs/routes.ts';
import { watchProofs } from './proofs/watch.ts';
import { quizRoutes } from './quiz/routes.ts';
import { createQuiz } from './quiz/service.ts';
import { createReadiness } from './readiness.ts';
import { reportRoutes } from './reports/routes.ts';
import { watchSealing } from './resealing.ts';
import { retentionRoutes } from './retention/routes.ts';
import { createRetention, watchRecords } from './retention/service.ts';
import { createScreenFiles } from './screens/files.ts';
import { screenRoutes } from './screens/routes.ts';
import { createScreens } from './screens/service.ts';
import { createSealing } from './sealing.ts';
import { securityHeaders } from './security-headers.ts';
import type { Services } from './services.ts';
import { createSignals } from './signals.ts';
import { venueRoutes } from './venues/routes.ts';
import { createVenues } from './venues/service.ts';
import { createPlayouts } from './videos/playouts.ts';
import { videoRoutes } from './videos/routes.ts';
import { createVideos } from './videos/service.ts';
import { watchPlayouts } from './videos/watch.ts';

const API = '/api/v1';

export interface AppOptions {
  config: Config;
  secrets: Secrets;
  clock: Clock;
  logger: Logger;
  /** This worker's number, and the private ports of all of them by theirs (0: away), for long polling; `heartbeat`: of its sockets, where it is not the usual one. */
  worker: { number: number; siblings: () => number[]; heartbeat?: Heartbeat };
  /** The program that makes files in a process of its own; without it they are made in this one. */
  exporter?: string;
}

export interface App {
  /** Public: pages, API, sockets, and the way through to media. */
  http: http.Server;
  /** For the other workers on this host. */
  privateHttp: http.Server;
  /** Of `http`. */
  connections: Connections;
  /** What this worker counts; `privateHttp` serves it to the supervisor. */
  metrics: Metrics;
  /** Tells the sockets to move to other workers, so many a second that those bear it; settles when they have. Connections are not kept from then on. */
  moveSockets(): Promise<void>;
  /** Tells the sockets to move at once, stores what is buffered, closes the database. */
  close(): Promise<void>;
}

/** Puts the product together. The only place where features meet. */
export async function createApp({ config, secrets, clock, logger, worker, exporter }: AppOptions): Promise<App> {
  if (!config.databaseUrl) throw new Error('DATABASE_URL is not set; the supervisor sets it for its workers');
  const db = openDb(config.databaseUrl, logger);
  const sealing = createSealing(
    secrets['phone-hash'],
    secrets['phone-cipher'],
    () => loadSecrets(config.dataDir)['phone-cipher'],
  );
  const metrics = createMetrics(worker.number);
  const services: Services = { db, clock, logger, config, secrets, sealing, signals: createSignals(), metrics };

  const features = createFeatures(services);
  const { accounts, organisations, courses, quiz, attendance, broadcasts, live, media, outside, questions } = features;
  const { videos, playouts, recordings, captions, presence, screens } = features;

  const lateness = createLateness();
  const line = createLine(services, {
    limit: config.entryLimit,
    loadOf: () => ({ delayMs: lateness(), databaseQueue: db.pool.waitingCount }),
  });
  const api = express.Router();
  const locators: Locators = {
    account: accounts.locateAccount,
    area: organisations.locateArea,
    unit: organisations.locateUnit,
    person: organisations.locatePerson,
    course: courses.locateCourse,
    session: courses.locateSession,
    question: quiz.locateQuestion,
    'live-question': quiz.locateLiveQuestion,
    attempt: quiz.locateAttempt,
    'room-question': questions.locate,
    video: videos.locate,
    mark: recordings.locateMark,
    screen: screens.locate,
  };
  const inside = [refuseForeignOrigin(config.publicUrl), authenticate(accounts), atTheDoor(line)];
  api.use(inside);
  // Routes are tried in their order: those of a crowd first.
  const ofCrowds = {
    ...mount(api, accountEndpoints, accountRoutes(accounts, config.secureCookies), locators),
    ...mount(api, liveEndpoints, liveRoutes(live, questions, outside), locators),
    ...mount(api, courseEndpoints, courseRoutes(courses, config, secrets.hooks), locators),
  };
  mount(api, organisationEndpoints, organisationRoutes(organisations), locators);
  mount(api, recordingEndpoints, recordingRoutes(recordings, captions), locators);
  mount(api, attendanceEndpoints, attendanceRoutes(live), locators);
  const { proofs, corrections, seals, reports, exports } = createFiling(services);
  mount(api, proofEndpoints, proofRoutes(proofs, config.publicUrl), locators);
  mount(api, correctionEndpoints, correctionRoutes(corrections), locators);
  mount(api, recordSealEndpoints, sealRoutes(seals), locators);
  const checks = createChecks(services, seals);
  mount(api, recordCheckEndpoints, checkRoutes(checks), locators);
  mount(api, quizEndpoints, quizRoutes(quiz), locators);
  mount(
    api,
    presenceEndpoints,
    presenceRoutes(presence, async (ticket, confirmation) =>
      live.confirmPresence(await live.readTicket(ticket), confirmation),
    ),
    locators,
  );
  mount(api, screenEndpoints, screenRoutes(screens, createScreenFiles(services)), locators);
  mount(api, videoEndpoints, videoRoutes(videos, playouts), locators);
  const records = createRetention(services);
  mount(api, retentionEndpoints, retentionRoutes(records), locators);
  mount(api, personalDataEndpoints, personalDataRoutes(createPersonalData(services)), locators);
  const networkReports = createNetworkReports(services);
  mount(api, networkEndpoints, networkRoutes(networkReports), locators);
  mount(api, reportEndpoints, reportRoutes(reports, exports, config.publicUrl), locators);
  const archives = createArchives(
    services,
    exporter
      ? inOwnProcess(exporter, config)
      : fileMaking(services, makerOf({ pool: db.pool, sealing, reports, exports, corrections, proofs })),
  );
  mount(api, archiveEndpoints, archiveRoutes(archives, config.publicUrl), locators);

  const hours = createHours(services);
  mount(api, hoursEndpoints, hoursRoutes(hours, createLedgerExport(hours, clock)), locators);

  const venues = createVenues(services, { attendance, throttle: createThrottle(services) });
  mount(api, venueEndpoints, venueRoutes(venues), locators);

  const web = express();
  web.disable('x-powered-by');
  web.set('trust proxy', config.trustProxy);
  const counted = countRequests(metrics);
  const identified = requestIds();
  web.use(counted, identified);
  web.use(['/media', '/uploads'], mediaPassThrough(config.mediaUrl, logger));
  const files = {
    authorise: playouts.authorise,
    record: (event: FileEvent) => ('videoId' in event ? videos.record(event) : playouts.record(event)),
  };
  const hooks = mediaHooks(services, broadcasts, files, endWhatIsOver(services, courses, media));
  web.use('/internal/media', hooks);
  const headers = securityHeaders(config.secureCookies);
  const secured: RequestHandler = (_req, res, next) => {
    for (const [name, value] of headers([])) res.setHeader(name, value);
    next();
  };
  web.use(secured);
  web.use(API, api);
  web.get('/health/live', (_req, res) => {
    res.json({ live: true });
  });
  web.get('/health/ready', async (_req, res) => {
    const report = await readiness.report();
    res.status(report.ready ? 200 : 503).json(report);
  });
  web.use(() => {
    throw notFound();
  });
  const refuse = problems(logger, metrics, clock);
  web.use(refuse);

  const pages = createPages({ metrics, headers, outsideOrigins: outside.origins });
  const frontLane = createFrontLane({
    web,
    base: API,
    outside: [counted, identified, secured],
    inside,
    endpoints: Object.fromEntries(ENTRY.map((key) => [key, ofCrowds[key]])),
    refuse,
  });
  let leaving = false;
  const answer: http.RequestListener = (req, res) => {
    // A connection that is never idle, a proxy's say, would keep a worker that leaves for ever.
    if (leaving) res.shouldKeepAlive = false;
    frontLane(req, res, () => pages(req, res, () => web(req, res)));
  };
  const publicHttp = http.createServer(answer);
  const privateHttp = http.createServer(answer);
  const connections = countConnections(publicHttp);
  const gateway = createGateway(services, { publicHttp, privateHttp }, worker, {
    live,
    questions: {
      async ask(ticket, asked) {
        const question = await questions.ask(ticket, asked);
        presence.noteAct(ticket, 'question');
        return question;
      },
    },
    principalFromCookies: accounts.principalFromCookies,
    hearOfEnded: accounts.hearOfEnded,
    readEndedAgain: accounts.readEndedAgain,
    locateSession: courses.locateSession,
    setPeakDevices: courses.setPeakDevices,
    adaptDelivery: courses.adaptDelivery,
    async answerQuestion(answer) {
      const stored = await quiz.answer(answer);
      presence.noteAct(answer, 'answer');
      return stored;
    },
    confirmPresence: live.confirmPresence,
    liveQuestion: quiz.readLiveQuestion,
  });
  const readiness = createReadiness({ db, logger, mediaUrl: config.mediaUrl, busListening: gateway.busListening });
  tellOfDatabase(metrics, db, readiness);
  serveOwnMetrics(privateHttp, metrics);
  publishPassThrough(publicHttp, config.mediaUrl);
  const lostPublishers = watchLostPublishers(services, courses);
  const outsideStreams = watchOutside(services, outside);
  const presenceChecks = watchPresence(services, presence);
  const proofWatch = watchProofs(services, proofs);
  const plannedVideos = watchPlayouts(services, playouts);
  const retention = watchRetention(services, recordings, captions);
  const expiredLogins = removeExpiredLogins(services, config.retention.networkLogsDays);
  const oldNetworkReports = watchOldReports(services, networkReports);
  const sealingWatch = watchSealing(services);
  const recordWatch = watchRecords(services, records);
  await accounts.offerSetUpCode();
  await quiz.resume();

  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    leaving = true;
    lostPublishers.stop();
    presenceChecks.stop();
    plannedVideos.stop();
    proofWatch.stop();
    expiredLogins.stop();
    oldNetworkReports.stop();
    retention.stop();
    outsideStreams.stop();
    await gateway.close();
    await archives.close();
    await connections.gone();
    await line.close();
    await accounts.close();
    await checks.close();
    await sealingWatch.stop();
    await recordWatch.stop();
    await attendance.close();
    await questions.close();
    await quiz.close();
    await Promise.all([closed(publicHttp), closed(privateHttp)]);
    features.media.close();
    await db.close();
  }

  return {
    http: publicHttp,
    privateHttp,
    connections,
    metrics,
    moveSockets() {
      leaving = true;
      return gateway.move();
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** Every feature, each given what it needs of the others. */
export function createFeatures(services: Services) {
  const organisations = createOrganisations(services);
  const accounts = createAccounts(services, organisations);
  // Courses show credit and results, which attendance and quiz hold, and these stand on courses.
  const courses: Courses = createCourses(services, {
    creditsOf: (personId) => attendance.creditsOf(personId),
    paperResultsOf: (personId) => quiz.paperResultsOf(personId),
    publishedPapers: (sessionIds) => quiz.publishedPapers(sessionIds),
    replayable: (sessionIds) => broadcasts.replayable(sessionIds),
    unknownPlaces: organisations.unknownPlaces,
  });
  const attendance = createAttendance(services, {
    windowOf: courses.sessionForRoom,
    async replayOf(sessionId) {
      const session = await courses.sessionForRoom(sessionId);
      return session && replayableOf(session, await broadcasts.find(sessionId, 'live'));
    },
  });
  const quiz = createQuiz(services, courses);
  const media = createMediaClient(services);
  const broadcasts = createBroadcasts(services, courses);
  const recordings = createRecordings(services, courses, media);
  const captions = createCaptions(services, courses, media);
  const outside = createOutside(services, { courses, broadcasts, media });
  const rooms = createRooms(services, {
    courses,
    broadcasts,
    currentQuestion: quiz.current,
    currentCheck: (sessionId) => presence.current(sessionId),
    marksOf: recordings.marksOf,
    videoEndedAt: (sessionId, at) => playouts.endedAt(sessionId, at),
    paperPublished: async (sessionId) => (await quiz.publishedPapers([sessionId])).has(sessionId),
  });
  const live = createLive(services, {
    courses,
    attendance,
    rooms,
    broadcasts,
    media,
    outside,
    personForLogin: organisations.personForLogin,
    isLoginActive: accounts.isLoginActive,
    answeredBy: quiz.answeredBy,
    confirmInClass: (who, confirmation) => presence.confirm(who, confirmation),
  });
  const questions = createAudienceQuestions(services, courses.locateSession);

  const presence = createPresence(services, {
    courses,
    attendance,
    actsOf: async (sessionId, personIds) =>
      (await Promise.all([quiz.answerTimes(sessionId, personIds), questions.askingTimes(sessionId, personIds)])).flat(),
  });

  const throttle = createThrottle(services);
  const screens = createScreens(services, { courses, organisations, attendance, live, presence, throttle });

  courses.onTransition({
    within: async (tx, session, to) => {
      if (to !== 'live') return;
      await attendance.freezeDue(tx, session);
      await courses.noteDueFrozen(tx, session.id);
    },
  });
  courses.onTransition(quiz.transition);
  courses.onTransition(presence.transition);
  courses.onTransition(pictureTransitions(broadcasts, media, outside));
  const playouts = createPlayouts(services, { courses, broadcasts, media });
  courses.onTransition(playouts.transition);
  courses.onReschedule(playouts.rescheduled);
  const videos = createVideos(services, { media, plannedFor: playouts.plannedFor });
  denyPlaybackOfExcluded(services, media);
  dismissHoldersOfOldKeys(services, media);
  return {
    organisations,
    accounts,
    courses,
    attendance,
    quiz,
    media,
    broadcasts,
    outside,
    live,
    questions,
    recordings,
    captions,
    videos,
    playouts,
    presence,
    screens,
  };
}

function closed(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
