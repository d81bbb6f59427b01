/** Keeps the screen awake during a measurement, if the browser allows it. Returns a function that ends this. */
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
      () => undefined, // low battery, or not permitted: the run continues without it
    );
  };
  ask();
  // The lock is lost when the page is hidden, so it is requested again when it is visible.
  document.addEventListener('visibilitychange', ask);
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', ask);
    void lock?.release();
  };
}
