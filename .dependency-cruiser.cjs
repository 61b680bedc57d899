// The import rules of the house. They run one way; `npm run check` enforces them.
const feature =
  '^server/(accounts|organisations|courses|live|attendance|quiz|reports|videos|network|hours|venues|proofs|screens|archives)/';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'contract-imports-zod-alone',
      comment: 'signature.ts and srt.ts need node:crypto; only server/ and media/ import them.',
      severity: 'error',
      from: { path: '^server/contract/', pathNot: '(signature|srt)\\.ts$' },
      to: { pathNot: ['^server/contract/', 'node_modules/zod/'] },
    },
    {
      name: 'client-knows-the-contract-alone',
      severity: 'error',
      from: { path: '^client/' },
      to: { path: '^(server|media|prisma|scripts|tests)/', pathNot: '^server/contract/(?!signature|srt)' },
    },
    {
      name: 'media-knows-the-contract-alone',
      severity: 'error',
      from: { path: '^media/' },
      to: { path: '^(server|client|prisma|scripts|tests)/', pathNot: '^server/contract/' },
    },
    {
      name: 'product-never-imports-scripts-or-tests',
      comment: 'The supervisor migrates at start with the code of scripts/database.',
      severity: 'error',
      from: { path: '^(server|media|client)/', pathNot: '^server/supervisor/' },
      to: { path: '^(scripts|tests)/' },
    },
    {
      name: 'features-meet-in-services',
      comment: 'A feature may use another feature’s service and its pure files, never its tables or routes.',
      severity: 'error',
      from: { path: feature },
      to: {
        path: [
          '^server/(accounts|organisations|courses|live|attendance|quiz|reports|videos|network|hours|venues|proofs|screens|archives)/(store|routes|gateway|hooks)\\.ts$',
          '^server/(accounts|organisations|courses|live|attendance|quiz|reports|videos|network|hours|venues|proofs|screens|archives)/[^/]+/(store|routes|gateway|hooks)\\.ts$',
        ],
        pathNot: '^server/$1/',
      },
    },
    {
      name: 'services-know-no-http',
      severity: 'error',
      from: { path: '^server/[^/]+/(service|store)\\.ts$' },
      to: { path: ['node_modules/(express|socket\\.io)/', '^server/http\\.ts$', '/(routes|gateway)\\.ts$'] },
    },
    {
      name: 'only-the-composition-root-knows-routes',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/app\\.ts$' },
      to: { path: '^server/[^/]+/(routes|gateway)\\.ts$', pathNot: '^server/live/' },
    },
    {
      name: 'tables-through-prisma-only-in-services-and-stores',
      severity: 'error',
      from: { path: '/(routes|gateway)\\.ts$' },
      to: { path: ['^prisma/', '^server/db\\.ts$', 'node_modules/pg/'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'prisma/generated'] },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
