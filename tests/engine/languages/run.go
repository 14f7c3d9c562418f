// Command run runs a program by Pulumi's Automation API: `run COMMAND PROJECT PROGRAM FOLDER CONFIG`. It prints what changed, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(command, project, program, folder, config string) error {
	ctx := context.Background()
	stack, err := auto.UpsertStackInlineSource(ctx, "demo", project, programs[program], auto.WorkDir(folder))
	if err != nil {
		return err
	}
	settings := map[string]string{}
	if err := json.Unmarshal([]byte(config), &settings); err != nil {
		return err
	}
	for name, value := range settings {
		if err := stack.SetConfig(ctx, name, auto.ConfigValue{Value: value}); err != nil {
			return err
		}
	}
	var changes any
	switch command {
	case "preview":
		result, err := stack.Preview(ctx)
		if err != nil {
			return err
		}
		changes = result.ChangeSummary
	case "up":
		result, err := stack.Up(ctx)
		if err != nil {
			return err
		}
		changes = result.Summary.ResourceChanges
	case "destroy":
		result, err := stack.Destroy(ctx)
		if err != nil {
			return err
		}
		changes = result.Summary.ResourceChanges
	}
	text, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	fmt.Println("changes:", string(text))
	return nil
}
