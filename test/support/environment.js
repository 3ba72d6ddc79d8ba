'use strict';
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/** Of all packages only jest's runner has something of its own to keep for each file. */
const OF_ALL_FILES = /\/node_modules\/(?!jest-circus\/|@jest\/globals\/)/;

/** What jest takes for the context of a file's modules: the process's own. */
const OWN_CONTEXT = {};
const { compileFunction } = vm;
vm.compileFunction = (code, names, { parsingContext, ...options }) => {
  if (parsingContext !== OWN_CONTEXT) return compileFunction(code, names, { ...options, parsingContext });
  if (!OF_ALL_FILES.test(options.filename)) return compileFunction(code, names, options);
  return (module) => {
    module.exports = require(options.filename);
  };
};

/**
 * All files that a process tests share its globals and its packages; modules of this repository are each file's own.
 * In jest's own environment every file loads all packages anew and reaches each global through a proxy: a third of a run.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.before = {
      globals: Object.getOwnPropertyDescriptors(globalThis),
      exit: process.exit,
      env: { ...process.env },
    };
    this.global = globalThis;
    Object.assign(globalThis, config.projectConfig.testEnvironmentOptions);
  }

  async setup() {
    // as in production: jest has just made it 100, which costs whatever throws much more
    Error.stackTraceLimit = 10;
  }

  getVmContext() {
    return this.context && OWN_CONTEXT;
  }

  /** Leaves the process as the file found it; what is left of jest would answer for the next file. */
  async teardown() {
    const { globals, exit, env } = this.before;
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!Reflect.getOwnPropertyDescriptor(globalThis, key).configurable) continue;
      if (key in globals) Object.defineProperty(globalThis, key, globals[key]);
      else if (!isOfNode(key)) delete globalThis[key];
    }
    process.exit = exit;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    await super.teardown();
  }
};

/** Node's `fetch` keeps its connections there once it is used. */
const isOfNode = (key) => typeof key === 'symbol' && key.description.startsWith('undici.');
