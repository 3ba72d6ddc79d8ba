'use strict';
/** Processes by pid and start time, and locks that name their holder. Plain JavaScript: the first stage runs it before anything is installed. */
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

/**
 * Runs a program to its end and answers what `spawnSync` does, texts as strings. The program has a process group of its own, so that
 * Ctrl-C reaches this process alone. Throws where a signal ended the program: it has then answered nothing.
 */
function runToEnd(program, args, options = {}) {
  const result = spawnSync(program, args, { ...options, encoding: 'utf8', detached: true });
  if (result.signal) throw new Error(`${program} was ended by ${result.signal}.`);
  return result;
}

/** When a process started, in a form that only compares; undefined when it is gone (a zombie is gone). */
function startedAt(pid) {
  if (process.platform !== 'linux') {
    return runToEnd('ps', ['-o', 'lstart=', '-p', String(pid)]).stdout.trim() || undefined;
  }
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Counted behind the last parenthesis: a process may carry spaces and parentheses in its name.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** A process that another one can recognise later: `{pid, startedAt}`. */
function identify(pid) {
  return { pid, startedAt: startedAt(pid) };
}

/** Whether that very process still runs, not merely one with its pid. */
function isAlive(identity) {
  return identity.startedAt !== undefined && startedAt(identity.pid) === identity.startedAt;
}

/** The command line of a process, its words parted by spaces; empty when it is gone. */
function commandLine(pid) {
  if (process.platform !== 'linux') {
    return runToEnd('ps', ['-o', 'args=', '-p', String(pid)]).stdout.trim();
  }
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The folder that a process works in, as it is called now; undefined where the system does not say. */
function workingDirectory(pid) {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function holderOf(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Moves a dead holder's lock away; a lock that a live process took in the meantime is put back. */
function discardStale(file, aside) {
  try {
    fs.renameSync(file, aside);
    const moved = holderOf(aside);
    if (moved && isAlive(moved)) fs.linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  fs.rmSync(aside, { force: true });
}

/** Takes the lock `file` for this process; returns the holder `{pid, startedAt}` when a live process has it, else undefined. */
function takeLock(file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  fs.writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    for (;;) {
      try {
        // A link appears whole or not at all, so no process reads a half-written lock.
        fs.linkSync(own, file);
        return undefined;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = holderOf(file);
      if (holder && isAlive(holder)) return holder;
      discardStale(file, `${own}.stale`);
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** Gives the lock back, if it is still this process's. */
function releaseLock(file) {
  if (holderOf(file)?.pid === process.pid) fs.rmSync(file, { force: true });
}

module.exports = { runToEnd, identify, isAlive, commandLine, workingDirectory, takeLock, releaseLock };
