import type { Plugin } from 'vite';

/** The parts of hls.js that a class has no use for, as its default configuration names them. */
const UNUSED = {
  emeController: 'EMEController',
  requestMediaKeySystemAccessFunc: 'requestMediaKeySystemAccess',
  cmcdController: 'CMCDController',
  contentSteeringController: 'ContentSteeringController',
  fpsController: 'FPSController',
  id3TrackController: 'ID3TrackController',
  iframeController: 'IFrameController',
  interstitialsController: 'InterstitialsController',
};

/**
 * Builds hls.js without what is unused: DRM, trick play, advertisements. Its own light build lacks captions and separate sound as
 * well. A part that nothing names is dropped as any dead code; a package that names its parts otherwise fails the build.
 */
export function lighterHls(): Plugin {
  return {
    name: 'lighter-hls',
    transform: {
      filter: { id: /hls\.js\/dist\/hls\.mjs$/ },
      handler: (code) => {
        for (const [setting, part] of Object.entries(UNUSED)) {
          const named = code.split(new RegExp(`(?<=^ +${setting}: )${part}\\b`, 'm'));
          if (named.length !== 2) throw new Error(`hls.js names ${setting} otherwise now`);
          code = named.join('undefined');
        }
        return { code, map: null };
      },
    },
  };
}
