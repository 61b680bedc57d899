import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { lighterHls } from './player-build.ts';

/** What five-year-old Android phones, WeChat's engine and iOS 14 run. tests/integration/client-bundle.test.ts holds the build to it. */
const OLDEST_BROWSERS = ['chrome80', 'safari14'];

/** Address of a running app, for `vite` on its own; `npm run dev` builds and serves from the app instead. */
const APP = 'http://127.0.0.1:8080';

export default defineConfig(({ mode }) => {
  // React's build follows NODE_ENV, which a test runner or somebody's shell may have set to something else.
  if (mode === 'production') process.env.NODE_ENV = 'production';
  return {
    root: import.meta.dirname,
    plugins: [react(), lighterHls()],
    build: {
      outDir: '../dist/client',
      emptyOutDir: true,
      target: OLDEST_BROWSERS,
      cssTarget: OLDEST_BROWSERS,
      // Inlined files would be data: addresses, which the policy for scripts refuses.
      assetsInlineLimit: 0,
      manifest: true,
      // The console's component library is large, and nobody waits for it on a phone.
      chunkSizeWarningLimit: 2_500,
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              {
                // Changes only with the lock file, so that a new release costs a returning phone little. With the compiler's own
                // helpers, which the libraries need too: elsewhere they would make chunks import each other in a circle.
                name: 'frame',
                test: /@oxc-project|node_modules\/(?:react|react-dom|scheduler|react-router|@tanstack|cookie|set-cookie-parser)\//,
                includeDependenciesRecursively: false,
              },
            ],
          },
        },
      },
    },
    server: {
      proxy: {
        '/api': APP,
        '/media': APP,
        '/uploads': APP,
        '/socket.io': { target: APP, ws: true },
      },
    },
  };
});
