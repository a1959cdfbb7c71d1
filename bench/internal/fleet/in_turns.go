package fleet

// InTurns runs the apps one after the other, so many times, so that what else the machine
// does meets all of them. It returns what each run took, by app. One run of each before
// does not count: it fills the caches of the system, of jsii and of the go command.
func InTurns(rounds int, apps ...*App) ([][]Usage, error) {
	out := make([][]Usage, len(apps))
	for round := range rounds + 1 {
		for i, app := range apps {
			usage, err := app.Run()
			if err != nil {
				return nil, err
			}
			if round > 0 {
				out[i] = append(out[i], usage)
			}
		}
	}
	return out, nil
}
