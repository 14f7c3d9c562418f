#!/usr/bin/env node
import { emulatorCommand } from "./command";
import { runProgram } from "./runProgram";

void runProgram(emulatorCommand("akamai-edge-emulator"));
