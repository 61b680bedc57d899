/** The package ships types for its full build alone. */
declare module 'hls.js/light' {
  export { default, ErrorTypes, Events } from 'hls.js';
}
