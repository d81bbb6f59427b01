// Test helper: takes from Chromium what a profile does not have. `takeAway` runs in the page and in the lab's worker, before any
// other script, and so names nothing outside itself.
import type { Profile } from './profile';

/**
 * The script for a page or a worker. `software`: whether the GPU says that it is one; by default it does, whatever the profile,
 * so that the lab asks less of it.
 */
export const surfaceScript = (profile: Profile, software = true): string =>
  `(${String(takeAway)})(${JSON.stringify(profile)}, ${software});\n`;

function takeAway(profile: Profile, software: boolean) {
  // The scope of a page or a worker, with interfaces that only one of them has.
  /* eslint-disable @typescript-eslint/no-explicit-any */
  type Loose = Record<string, any>;
  type Method = (...words: any[]) => any;
  /* eslint-enable @typescript-eslint/no-explicit-any */
  const scope = globalThis as unknown as Loose;
  const getter = (owner: string, name: string) =>
    Object.getOwnPropertyDescriptor(scope[owner].prototype, name)!.get!;
  const replaceGetter = (owner: string, name: string, make: (real: unknown, self: object) => unknown) => {
    const get = getter(owner, name);
    const made = new WeakMap<object, unknown>();
    Object.defineProperty(scope[owner].prototype, name, {
      configurable: true,
      get(this: object) {
        if (!made.has(this)) made.set(this, make(get.call(this), this));
        return made.get(this);
      },
    });
  };
  const wrap = (owner: string, name: string, make: (real: Method) => unknown) => {
    const target = scope[owner]?.prototype;
    if (target?.[name]) target[name] = make(target[name]);
  };

  if (scope.GPUAdapter) {
    const among = (names: string[]) => (real: unknown) =>
      new Set([...(real as Set<string>)].filter((name) => names.includes(name)));
    const info = { ...profile.info, isFallbackAdapter: software };
    const limits = (real: unknown) => {
      const found: Record<string, number> = {};
      for (const name in real as Record<string, number>) {
        const stated = (profile.limits as Record<string, number>)[name];
        const own = (real as Record<string, number>)[name];
        found[name] = stated === undefined ? own : Math.min(stated, own);
      }
      return found;
    };
    for (const owner of ['GPUAdapter', 'GPUDevice']) {
      replaceGetter(owner, 'features', among(profile.features));
      replaceGetter(owner, 'limits', limits);
    }
    replaceGetter('GPU', 'wgslLanguageFeatures', among(profile.languageFeatures));
    replaceGetter('GPUAdapter', 'info', () => info);
    if (profile.adapterInfo) replaceGetter('GPUDevice', 'adapterInfo', () => info);
    else delete scope.GPUDevice.prototype.adapterInfo;
    // A buffer that nothing is resolved into stays zero.
    if (profile.timestamps === 'zero') wrap('GPUCommandEncoder', 'resolveQuerySet', () => () => undefined);
  }
  const { clockMilliseconds: tick } = profile;
  if (tick)
    wrap(
      'Performance',
      'now',
      (now) =>
        function (this: unknown) {
          return Math.floor(now.call(this) / tick) * tick;
        },
    );
  for (const path of profile.absent) {
    const names = path.split('.');
    const last = names.pop()!;
    let owner: Loose | null = names.reduce<Loose | undefined>((each, name) => each?.[name], scope) ?? null;
    for (; owner; owner = Object.getPrototypeOf(owner)) delete owner[last];
  }
  if (!profile.files.createWritable) delete scope.FileSystemFileHandle?.prototype.createWritable;
  if (!profile.files.cloneable && scope.FileSystemHandle) {
    const holdsHandle = (value: unknown, depth = 0): boolean =>
      value instanceof scope.FileSystemHandle ||
      (depth < 4 &&
        typeof value === 'object' &&
        value !== null &&
        Object.values(value).some((each) => holdsHandle(each, depth + 1)));
    const refusing = (real: (...words: unknown[]) => unknown) =>
      function (this: unknown, ...words: unknown[]) {
        if (holdsHandle(words[0])) throw new DOMException('The object can not be cloned.', 'DataCloneError');
        return real.apply(this, words);
      };
    wrap('IDBObjectStore', 'put', refusing);
    wrap('IDBObjectStore', 'add', refusing);
    wrap('Worker', 'postMessage', refusing);
    scope.structuredClone = refusing(scope.structuredClone);
  }
  // A tab that has ended still holds every lock: `ifAvailable` finds none free, other requests wait, and `steal` gets it.
  if (profile.staleLock)
    wrap(
      'LockManager',
      'request',
      (request) =>
        function (this: unknown, ...words: unknown[]) {
          const [name, second, third] = words;
          const [options, work] = typeof second === 'function' ? [{}, second] : [second as Loose, third];
          if (options.steal) return request.call(this, name, options, work);
          if (options.ifAvailable) return Promise.resolve((work as (lock: null) => unknown)(null));
          return new Promise((_, reject) => {
            const { signal } = options;
            signal?.addEventListener('abort', () => reject(signal.reason));
          });
        },
    );
  if (profile.refusesWholeForRange) {
    const real = scope.fetch;
    scope.fetch = async (input: RequestInfo, init?: RequestInit) => {
      const response = await real(input, init);
      const ranged = new Request(input, init).headers.has('range');
      if (ranged && response.status === 200) throw new TypeError('Load failed');
      return response;
    };
  }
}
