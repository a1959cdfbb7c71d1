package fleet

// Command is "npx cdk synth" in a project's folder, with the packages of the installed
// folder. It asks no server for anything.
func (f *Fleet) Command(installed, project string) *App {
	return &App{
		fleet: f,
		Args: []string{"npx", "--prefix", installed, "--offline", "--", "cdk", "synth", "--quiet",
			"--no-notices", "--no-version-reporting", "--output"},
		Dir:       project,
		Env:       append(Quiet()[1:], "CDK_DISABLE_CLI_TELEMETRY=true", "CI=1"),
		OutputArg: true,
		Secrets:   1,
	}
}
