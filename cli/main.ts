#!/usr/bin/env node
import { runProgram } from "../emulator/cli/runProgram";
import { createProgram } from "./program";

void runProgram(createProgram());
