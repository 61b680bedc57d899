import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

export type Headers = readonly [name: string, value: string][];

/**
 * What every answer tells the browser of what it may do, by the places from which a page may have to read outside streams.
 * @param secure the installation is reached by https
 */
export function securityHeaders(secure: boolean): (outsideOrigins: string[]) => Headers {
  // Few, and each for thousands of requests.
  const known = new Map<string, Headers>();
  return (outsideOrigins) => {
    const key = outsideOrigins.join(' ');
    const headers = known.get(key) ?? headersFor(secure, outsideOrigins);
    if (known.size > 20) known.clear();
    known.set(key, headers);
    return headers;
  };
}

function headersFor(secure: boolean, outsideOrigins: string[]): Headers {
  const headers = new Map<string, string>();
  const answer = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  const setAll = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // antd writes its styles at run time.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:', ...outsideOrigins],
        workerSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", 'ws:', 'wss:', ...outsideOrigins],
        frameAncestors: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
      },
    },
    // On plain http of a local network these either do nothing or lock people out.
    hsts: secure && { maxAge: 15_552_000 },
    crossOriginOpenerPolicy: secure && { policy: 'same-origin' },
    originAgentCluster: false,
  });
  setAll({} as IncomingMessage, answer as unknown as ServerResponse, (error) => {
    if (error) throw error;
  });
  return [...headers];
}
