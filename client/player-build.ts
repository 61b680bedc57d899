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

/** What hls.js 1.7.4 gets wrong. */
const MENDED = [
  /*
   * A segment that was loaded as a whole has none of its parts marked as loaded. Where what is buffered ends a little before the playlist
   * says that the segment does, as sound does at a change of encoders, it then waits for parts of it that it never asks for, until the
   * element stands still. A segment that is there lacks parts only where it came in parts.
   */
  {
    from: '!partList.some(part => part.fragment.sn === fragSn && !part.loaded && !part.gap)',
    to: '!(parts => parts.some(part => part.loaded) && parts.slice(-1).some(part => !part.loaded && !part.gap))(partList.filter(part => part.fragment.sn === fragSn))',
  },
  /*
   * The number 0 counts as none. Whoever comes in the first seconds of a class loads the last part of its first segment hundreds of times
   * a second, for as long as that is not buffered as a whole.
   */
  {
    from: '(appendedPart == null ? void 0 : appendedPart.fragment.sn) || -1',
    to: 'appendedPart == null ? -1 : appendedPart.fragment.sn',
  },
  /*
   * At a change of encoders the sound waits for the picture to say what its clock is, with the parts that have come. It took them up at
   * its next tick. A part that came before that went past those that waited, which then nobody took up, and no sound was loaded any more.
   */
  {
    from: 'this.syncWithAnchor(frag, waitingData == null ? void 0 : waitingData.frag);\n        }',
    to: 'this.syncWithAnchor(frag, waitingData == null ? void 0 : waitingData.frag);\n        } else if (waitingData) this.tick();',
  },
];

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
        for (const { from, to } of MENDED) {
          const around = code.split(from);
          if (around.length !== 2) throw new Error(`hls.js says this otherwise now: ${from}`);
          code = around.join(to);
        }
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
