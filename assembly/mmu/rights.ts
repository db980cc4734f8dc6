// Who may do what with a page: SDM 3A 4.6, and the error code of 4.7 when he may not. Used inside mmu/ only.

import { Cpu, AC, CR0_WP, CR4_SMAP, CR4_SMEP, EFER_NXE } from "../cpu/state";
import { RIGHT_U, RIGHT_NX, RIGHT_W } from "./entry";

/** What an access is. */
export const ACCESS_READ: u32 = 0;
export const ACCESS_WRITE: u32 = 1;
export const ACCESS_FETCH: u32 = 2;
/** The processor's own access to a descriptor table or TSS: supervisor whatever CPL is. */
export const ACCESS_IMPLICIT: u32 = 4;
/** With ACCESS_WRITE: rights and D as for a store, but what uses the translation is a load. */
export const ACCESS_INTENT: u32 = 8;
/** Nothing uses the translation. */
export const ACCESS_PROBE: u32 = 16;

@inline
function isUser(cpu: Cpu, access: u32): bool {
  return cpu.cpl == 3 && !(access & ACCESS_IMPLICIT);
}

function fetchAllowed(cpu: Cpu, rights: u32, access: u32): bool {
  const userPage = (rights & RIGHT_U) != 0;
  if (rights & RIGHT_NX && cpu.efer & EFER_NXE) return false;
  return isUser(cpu, access) ? userPage : !(userPage && cpu.cr4 & CR4_SMEP);
}

/** Whether `access` by `cpu` now may use a page with `rights`: a data access to a writable page of one's own sort may, whatever CR0 and CR4 say. */
@inline
export function allowed(cpu: Cpu, rights: u32, access: u32): bool {
  if (!(access & ACCESS_FETCH)) {
    if ((rights & (RIGHT_W | RIGHT_U)) == (isUser(cpu, access) ? RIGHT_W | RIGHT_U : RIGHT_W)) return true;
  }
  return allowedElse(cpu, rights, access);
}

function allowedElse(cpu: Cpu, rights: u32, access: u32): bool {
  if (access & ACCESS_FETCH) return fetchAllowed(cpu, rights, access);
  // ACCESS_WRITE and RIGHT_W are the same bit: 1 for a store to a page that may not be written.
  const lacking = access & ACCESS_WRITE & ~rights;
  if (cpu.cpl == 3) {
    if (!(access & ACCESS_IMPLICIT)) return ((rights & RIGHT_U) | lacking) == RIGHT_U;
  }
  // SMAP: AC lifts it for explicit accesses only.
  if (rights & RIGHT_U) {
    if (cpu.cr4 & CR4_SMAP) {
      if (access & ACCESS_IMPLICIT || !(cpu.system & AC)) return false;
    }
  }
  return lacking ? !(cpu.cr0 & CR0_WP) : true;
}

export const ERROR_P: u32 = 1;
const ERROR_WRITE: u32 = 2;
const ERROR_USER: u32 = 4;
export const ERROR_RESERVED: u32 = 8;
const ERROR_FETCH: u32 = 16;

/** Error code of a #PF for `access`; `reason` is 0 for not present, else ERROR_P or ERROR_P | ERROR_RESERVED. */
export function errorCode(cpu: Cpu, reason: u32, access: u32): u32 {
  let code = reason;
  if (access & ACCESS_WRITE) code |= ERROR_WRITE;
  if (isUser(cpu, access)) code |= ERROR_USER;
  if (access & ACCESS_FETCH && (cpu.efer & EFER_NXE || cpu.cr4 & CR4_SMEP)) code |= ERROR_FETCH;
  return code;
}
