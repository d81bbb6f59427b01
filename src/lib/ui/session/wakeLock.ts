/** Keeps the screen awake while something is measured, where the browser allows it. Returns how to let it sleep again. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let over = false;
  const ask = () => {
    if (over || document.visibilityState !== 'visible') return;
    navigator.wakeLock?.request('screen').then(
      (granted) => {
        if (over) void granted.release();
        else lock = granted;
      },
      () => undefined, // low on battery, or not allowed: the run goes on all the same
    );
  };
  ask();
  // A hidden page loses it.
  document.addEventListener('visibilitychange', ask);
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', ask);
    void lock?.release();
  };
}
