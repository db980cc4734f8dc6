// Which slice of the DEVICE region each device has.

/** Who has which slice. Said here once, because a snapshot depends on it. */
export const DEVICE_SLOTS = {
  uart: 0,
  fwCfg: 1,
  rtc: 2,
  power: 3,
  keyboard: 4,
  systemControl: 5,
  debugcon: 6,
  debugExit: 7,
} as const;
