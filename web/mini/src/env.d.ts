/// <reference types="vite/client" />
// What the build writes into the code. `UNI_PLATFORM` is `h5`, `mp-weixin`, …; unset in unit tests.
declare const process: { env: { UNI_PLATFORM?: string; HEFANG_API?: string } };
