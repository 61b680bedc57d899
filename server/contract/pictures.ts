import { z } from 'zod';

/** A poster (封面) of a recording and pictures along its course, as `/media/<prefix>/pictures.json` lists them. Files lie beside it. */
export const RecordingPictures = z.object({
  /** They will be there soon. */
  making: z.boolean(),
  poster: z.string().nullable(),
  preview: z
    .object({
      /** Of one picture, pixels. */
      width: z.int(),
      height: z.int(),
      /** How many stand beside each other on a sheet. */
      columns: z.int(),
      /** In order. `times`: when each picture was seen, on the session axis, epoch ms, along the rows. */
      sheets: z.array(z.object({ file: z.string(), times: z.array(z.int()) })),
    })
    .nullable(),
});
export type RecordingPictures = z.infer<typeof RecordingPictures>;
