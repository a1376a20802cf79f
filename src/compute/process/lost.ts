/** The process ended under a call: a crash of native code, the system's out-of-memory killer. */
export class ComputeProcessLost extends Error {
  constructor(reason: string) {
    super(`the compute process was lost: ${reason}`);
    this.name = 'ComputeProcessLost';
  }
}
